// RETR, SIZE, MDTM, MLST, and the refusals of all that would change a file.

#include <string>
#include <utility>

#include "servers/ftp/handlers.hpp"
#include "servers/ftp/listing.hpp"
#include "servers/site/site.hpp"

namespace portlab::ftp::server {

namespace {

/// Opens a file; the refusal if it is none.
boost::system::result<OpenEntry, Reply> open_file(const FtpSession& session,
                                                  std::string_view argument) {
  auto opened = session.site.get()->open(session.path_of(argument));
  if (!opened) return refuse_path(opened.error(), argument);
  if (opened->entry.kind == SiteEntry::Kind::directory)
    return Reply{550, printable_name(argument) + ": This is a directory. CWD enters it."};
  return std::move(*opened);
}

}  // namespace

Reply retrieve(FtpSession& session, std::string_view argument) {
  const auto offset = std::exchange(session.restart_at, 0);
  if (auto refused = refuse_without_data_port(session)) return std::move(*refused);
  auto opened = open_file(session, argument);
  if (!opened) return std::move(opened.error());
  const auto bytes = opened->entry.size;
  // A marker counts the bytes that travelled (RFC 3659 section 5), and the reply to a bad one is
  // 554.
  if (offset != 0 && session.as_text)
    return {554, "REST counts bytes: say TYPE I, and REST again."};
  if (offset > bytes)
    return {554, "REST went beyond the end: the file has " + std::to_string(bytes) + " bytes."};
  std::string text = std::string("Opening ") + (session.as_text ? "ASCII" : "BINARY") +
                     " mode data connection for " + printable_name(argument);
  // Clients read the size out of this text, as old servers wrote it. In TYPE A it is not known.
  if (!session.as_text) text += " (" + std::to_string(bytes) + " bytes)";
  FileTransfer transfer{opened->file, {offset, bytes - offset}, session.as_text};
  return {150, text + ".", Transfer(std::move(transfer))};
}

Reply size(FtpSession& session, std::string_view argument) {
  const auto opened = open_file(session, argument);
  if (!opened) return opened.error();
  // RFC 3659 section 4: the number of bytes that would travel. In TYPE A we would have to read the
  // whole file to know it, and then may refuse.
  if (session.as_text)
    return {550, "In TYPE A every line grows by one byte: ask again after TYPE I."};
  return {213, std::to_string(opened->entry.size)};
}

Reply modification_time(FtpSession& session, std::string_view argument) {
  const auto opened = open_file(session, argument);
  if (!opened) return opened.error();
  return {213, format_time(*facts_of(opened->entry, "").modified_seconds)};
}

Reply machine_fact(FtpSession& session, std::string_view argument) {
  const std::string path = session.path_of(argument);
  const auto opened = session.site.get()->open(path);
  if (!opened) return refuse_path(opened.error(), argument);
  const std::string name = "/" + normal_path(path);
  const std::string shown = fits_a_line(name) ? name : printable_name(name);
  return {250, "Facts of " + printable_name(name) + "\n" +
                   format_facts(facts_of(opened->entry, shown), session.facts) + "\nEnd"};
}

// The codes are those of RFC 959's table: STOR has 553, DELE and the others have 550.

Reply no_storing(FtpSession&, std::string_view) {
  return {553, "Read-only: nothing is stored here."};
}

Reply no_changing(FtpSession&, std::string_view) {
  return {550, "Read-only: nothing changes here."};
}

// RNFR, which comes first, is always refused.
Reply no_renaming(FtpSession&, std::string_view) {
  return {503, "RNFR comes first (and is refused)."};
}

// RFC 959 section 4.2.2: 550 "e.g., file not found, no access"; 450 is for what may work later. So
// LIST has 550 too, although the table of section 5.4 gives it only 450: clients retry on 4xx.
Reply refuse_path(SiteError why, std::string_view argument) {
  const std::string name = printable_name(argument);
  switch (why) {
    case SiteError::not_found:
      return {550, name + ": No such file or directory."};
    case SiteError::forbidden:
      return {550, name + ": Permission denied."};
    case SiteError::not_directory:
      return {550, name + ": Not a directory."};
    case SiteError::unavailable:
      break;
  }
  return {450, name + ": The server is short of something. Try again in a moment."};
}

}  // namespace portlab::ftp::server
