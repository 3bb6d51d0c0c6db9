// RETR, SIZE, MDTM, MLST, and the refusals of the commands that would change a file.

#include <string>
#include <utility>

#include "servers/ftp/handlers.hpp"
#include "servers/ftp/listing.hpp"
#include "servers/site/site.hpp"

namespace portlab::ftp::server {

namespace {

/// Opens a file; an error reply if it is not one.
boost::system::result<OpenEntry, Reply> open_file(const FtpSession& session,
                                                  std::string_view argument) {
  auto opened = session.site.get()->open(session.path_of(argument));
  if (!opened) return path_error(opened.error(), argument);
  if (opened->entry.kind == SiteEntry::Kind::directory)
    return Reply{550, printable_name(argument) + ": Is a directory."};
  return std::move(*opened);
}

}  // namespace

Reply retrieve(FtpSession& session, std::string_view argument) {
  const auto offset = std::exchange(session.restart_offset, 0);
  auto opened = open_file(session, argument);
  if (!opened) return opened.error();
  const auto bytes = opened->entry.size;
  // The offset counts bytes of the data connection (RFC 3659 section 5), which in TYPE A are not
  // the bytes of the file. 554 is the reply to an invalid offset.
  if (offset != 0 && session.as_text)
    return {554, "REST works in TYPE I only: send TYPE I, then REST again."};
  if (offset > bytes)
    return {554, "The offset of REST is beyond the end of the file, which has " +
                     std::to_string(bytes) + " bytes."};
  std::string text = std::string("Opening ") + (session.as_text ? "ASCII" : "BINARY") +
                     " mode data connection for " + printable_name(argument);
  // Some clients read the size from this text. In TYPE A it is not known.
  if (!session.as_text) text += " (" + std::to_string(bytes) + " bytes)";
  FileTransfer transfer{opened->file, {offset, bytes - offset}, session.as_text};
  return {150, text + ".", Transfer(std::move(transfer))};
}

Reply size(FtpSession& session, std::string_view argument) {
  const auto opened = open_file(session, argument);
  if (!opened) return opened.error();
  // RFC 3659 section 4: the size is the number of bytes of the data connection. In TYPE A the
  // server would have to read the whole file to count them, and may refuse.
  if (session.as_text) return {550, "The size in TYPE A is not known: send TYPE I first."};
  return {213, std::to_string(opened->entry.size)};
}

Reply modification_time(FtpSession& session, std::string_view argument) {
  const auto opened = open_file(session, argument);
  if (!opened) return opened.error();
  return {213, format_time(*facts_of(opened->entry, "").modified_seconds)};
}

Reply mlst(FtpSession& session, std::string_view argument) {
  const std::string path = session.path_of(argument);
  const auto opened = session.site.get()->open(path);
  if (!opened) return path_error(opened.error(), argument);
  const std::string name = "/" + normal_path(path);
  const std::string shown = fits_a_line(name) ? name : printable_name(name);
  return {250, "Facts of " + printable_name(name) + "\n" +
                   format_facts(facts_of(opened->entry, shown), session.facts) + "\nEnd"};
}

// The codes are those of RFC 959 section 5.4: 553 for STOR, 550 for DELE and the others.

Reply refuse_store(FtpSession&, std::string_view) { return {553, "This server is read-only."}; }

Reply refuse_change(FtpSession&, std::string_view) { return {550, "This server is read-only."}; }

// RNTO must follow RNFR, which is always refused.
Reply refuse_rename_to(FtpSession&, std::string_view) {
  return {503, "RNFR must come first (it is refused: this server is read-only)."};
}

// RFC 959 section 4.2.2: 550 "e.g., file not found, no access"; 450 is for errors that may pass.
// LIST gets 550 too, although section 5.4 gives it only 450: clients repeat a command after a 4xx.
Reply path_error(SiteError error, std::string_view argument) {
  const std::string name = printable_name(argument);
  switch (error) {
    case SiteError::not_found:
      return {550, name + ": No such file or directory."};
    case SiteError::forbidden:
      return {550, name + ": Permission denied."};
    case SiteError::not_directory:
      return {550, name + ": Not a directory."};
    case SiteError::unavailable:
      break;
  }
  return {450, name + ": Temporarily unavailable. Try again later."};
}

}  // namespace portlab::ftp::server
