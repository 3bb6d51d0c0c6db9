#pragma once
// The functions that the command table names. Each handles one command, or several with the same
// meaning. Unnamed parameters are not used: the table has checked that there is no argument, or the
// argument has no effect.

#include <boost/system/result.hpp>
#include <string_view>

#include "servers/ftp/ftp_session.hpp"

namespace portlab::ftp::server {

// login_commands.cpp: access control commands, RFC 959 section 4.1.1.
Reply user(FtpSession& session, std::string_view name);
Reply password(FtpSession& session, std::string_view);
Reply account(FtpSession& session, std::string_view);
Reply reinitialize(FtpSession& session, std::string_view);
Reply quit(FtpSession& session, std::string_view);

// data_port_commands.cpp: how the data connection is made, RFC 959 section 4.1.2, RFC 2428.
Reply passive(FtpSession& session, std::string_view);
Reply extended_passive(FtpSession& session, std::string_view family);
Reply port(FtpSession& session, std::string_view six_numbers);
Reply extended_port(FtpSession& session, std::string_view family_address_port);
Reply abort(FtpSession& session, std::string_view);

// parameter_commands.cpp: how data is represented, RFC 959 section 4.1.2, RFC 3659, RFC 2389.
Reply type(FtpSession& session, std::string_view code);
Reply mode(FtpSession& session, std::string_view code);
Reply structure(FtpSession& session, std::string_view code);
Reply restart(FtpSession& session, std::string_view offset);
Reply allocate(FtpSession& session, std::string_view size);
Reply options(FtpSession& session, std::string_view command_and_value);

// directory_commands.cpp: the working directory and lists.
Reply change_directory(FtpSession& session, std::string_view path);
Reply change_to_parent(FtpSession& session, std::string_view);
Reply print_directory(FtpSession& session, std::string_view);
Reply list(FtpSession& session, std::string_view flags_and_path);
Reply name_list(FtpSession& session, std::string_view flags_and_path);
Reply mlsd(FtpSession& session, std::string_view path);

// file_commands.cpp: one file.
Reply retrieve(FtpSession& session, std::string_view path);
Reply size(FtpSession& session, std::string_view path);
Reply modification_time(FtpSession& session, std::string_view path);
Reply mlst(FtpSession& session, std::string_view path);
Reply refuse_store(FtpSession& session, std::string_view);
Reply refuse_change(FtpSession& session, std::string_view);
Reply refuse_rename_to(FtpSession& session, std::string_view);

// information_commands.cpp: what this server is and can do, RFC 959 section 4.1.3, RFC 2389.
Reply system_name(FtpSession& session, std::string_view);
Reply features(FtpSession& session, std::string_view);
Reply status(FtpSession& session, std::string_view path);
Reply help(FtpSession& session, std::string_view verb);
Reply no_operation(FtpSession& session, std::string_view);
Reply site_parameters(FtpSession& session, std::string_view);
Reply not_implemented(FtpSession& session, std::string_view);

/// The reply for a path that cannot be used: 550, or 450 if a later attempt may succeed.
Reply path_error(SiteError error, std::string_view argument);
/// "-la docs" as "docs": clients send the options of ls(1), which have no meaning here.
std::string_view without_options(std::string_view argument);
/// The lines of LIST for a path, which options of ls(1) may precede; or an error reply.
boost::system::result<std::string, Reply> list_text(const FtpSession& session,
                                                    std::string_view argument);

}  // namespace portlab::ftp::server
