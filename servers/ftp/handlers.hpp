#pragma once
// The functions that the command table names. Each answers one command, or several that differ in
// their names only.

#include <boost/system/result.hpp>
#include <string_view>

#include "servers/ftp/ftp_session.hpp"

namespace portlab::ftp::server {

// access.cpp: who is there, and goodbye.
Reply user(FtpSession& session, std::string_view name);
Reply password(FtpSession& session, std::string_view word);
Reply account(FtpSession& session, std::string_view name);
Reply reinitialize(FtpSession& session, std::string_view);
Reply quit(FtpSession& session, std::string_view);

// data_port.cpp: the second port.
Reply passive(FtpSession& session, std::string_view);
Reply extended_passive(FtpSession& session, std::string_view family);
Reply port(FtpSession& session, std::string_view six_numbers);
Reply extended_port(FtpSession& session, std::string_view family_address_port);
Reply abort(FtpSession& session, std::string_view);

// parameters.cpp: how files travel.
Reply type(FtpSession& session, std::string_view code);
Reply mode(FtpSession& session, std::string_view code);
Reply structure(FtpSession& session, std::string_view code);
Reply restart(FtpSession& session, std::string_view offset);
Reply allocate(FtpSession& session, std::string_view size);
Reply options(FtpSession& session, std::string_view command_and_value);

// folders.cpp: where one is, and what is there.
Reply change_folder(FtpSession& session, std::string_view path);
Reply change_to_parent(FtpSession& session, std::string_view);
Reply print_folder(FtpSession& session, std::string_view);
Reply list(FtpSession& session, std::string_view flags_and_path);
Reply name_list(FtpSession& session, std::string_view flags_and_path);
Reply machine_list(FtpSession& session, std::string_view path);

// files.cpp: one file.
Reply retrieve(FtpSession& session, std::string_view path);
Reply size(FtpSession& session, std::string_view path);
Reply modification_time(FtpSession& session, std::string_view path);
Reply machine_fact(FtpSession& session, std::string_view path);
Reply no_storing(FtpSession& session, std::string_view path);
Reply no_changing(FtpSession& session, std::string_view path);
Reply no_renaming(FtpSession& session, std::string_view path);

// information.cpp: what this server can do.
Reply system_name(FtpSession& session, std::string_view);
Reply features(FtpSession& session, std::string_view);
Reply status(FtpSession& session, std::string_view path);
Reply help(FtpSession& session, std::string_view verb);
Reply nothing_done(FtpSession& session, std::string_view);
Reply no_site_commands(FtpSession& session, std::string_view);
Reply not_implemented(FtpSession& session, std::string_view);

/// The reply for a path that leads nowhere: 550, or 450 when trying again later may help.
Reply refuse_path(SiteError why, std::string_view argument);
/// "-la docs" as "docs": clients send the flags of ls(1), which mean nothing here.
std::string_view without_flags(std::string_view argument);
/// LIST's lines for a path, which flags of ls(1) may precede; or the refusal.
boost::system::result<std::string, Reply> list_text(const FtpSession& session,
                                                    std::string_view argument);
/// The reply 425 if nobody said where the data connection comes from.
std::optional<Reply> refuse_without_data_port(const FtpSession& session);

}  // namespace portlab::ftp::server
