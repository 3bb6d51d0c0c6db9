#pragma once
// The functions that the command table names. Each answers one command, or several that differ in
// their names only.

#include <boost/system/result.hpp>
#include <string_view>

#include "servers/ftp/visit.hpp"

namespace portlab::ftp::server {

// access.cpp: who is there, and goodbye.
Answer user(Visit& visit, std::string_view name);
Answer password(Visit& visit, std::string_view word);
Answer account(Visit& visit, std::string_view name);
Answer reinitialize(Visit& visit, std::string_view);
Answer quit(Visit& visit, std::string_view);

// data_port.cpp: the second port.
Answer passive(Visit& visit, std::string_view);
Answer extended_passive(Visit& visit, std::string_view family);
Answer port(Visit& visit, std::string_view six_numbers);
Answer extended_port(Visit& visit, std::string_view family_address_port);
Answer abort(Visit& visit, std::string_view);

// parameters.cpp: how files travel.
Answer type(Visit& visit, std::string_view code);
Answer mode(Visit& visit, std::string_view code);
Answer structure(Visit& visit, std::string_view code);
Answer restart(Visit& visit, std::string_view offset);
Answer allocate(Visit& visit, std::string_view size);
Answer options(Visit& visit, std::string_view command_and_value);

// folders.cpp: where one is, and what is there.
Answer change_folder(Visit& visit, std::string_view path);
Answer change_to_parent(Visit& visit, std::string_view);
Answer print_folder(Visit& visit, std::string_view);
Answer list(Visit& visit, std::string_view flags_and_path);
Answer name_list(Visit& visit, std::string_view flags_and_path);
Answer machine_list(Visit& visit, std::string_view path);

// files.cpp: one file.
Answer retrieve(Visit& visit, std::string_view path);
Answer size(Visit& visit, std::string_view path);
Answer modification_time(Visit& visit, std::string_view path);
Answer machine_fact(Visit& visit, std::string_view path);
Answer no_storing(Visit& visit, std::string_view path);
Answer no_changing(Visit& visit, std::string_view path);
Answer no_renaming(Visit& visit, std::string_view path);

// information.cpp: what this server can do.
Answer system_name(Visit& visit, std::string_view);
Answer features(Visit& visit, std::string_view);
Answer status(Visit& visit, std::string_view path);
Answer help(Visit& visit, std::string_view verb);
Answer nothing_done(Visit& visit, std::string_view);
Answer no_site_commands(Visit& visit, std::string_view);
Answer not_implemented(Visit& visit, std::string_view);

/// The reply for a path that leads nowhere: 550, or 450 when trying again later may help.
Answer refuse_path(SiteError why, std::string_view argument);
/// "-la docs" as "docs": clients send the flags of ls(1), which mean nothing here.
std::string_view without_flags(std::string_view argument);
/// LIST's lines for a path, which flags of ls(1) may precede; or the refusal.
boost::system::result<std::string, Answer> list_text(const Visit& visit, std::string_view argument);
/// The reply 425 if nobody said where the data connection comes from.
std::optional<Answer> refuse_without_data_port(const Visit& visit);

}  // namespace portlab::ftp::server
