// CWD, CDUP, PWD, LIST, NLST, MLSD: the working directory and lists of directories.

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "common/ftp/reply.hpp"
#include "servers/ftp/handlers.hpp"
#include "servers/ftp/listing.hpp"
#include "servers/site/site.hpp"

namespace portlab::ftp::server {

namespace {

/// "docs/" for "docs/a.txt"; empty for "a.txt".
std::string_view directory_part(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

/// The entries that the argument of LIST or NLST names.
struct Listed {
  std::vector<SiteEntry> entries;
  std::string prefix;  ///< NLST writes it before each name
};
using ListedResult = boost::system::result<Listed, SiteError>;

ListedResult look_up_pattern(const FtpSession& session, std::string_view path) {
  const auto directory = directory_part(path);
  const auto pattern = path.substr(directory.size());
  auto entries = session.site.get()->list(session.path_of(directory));
  if (!entries) return entries.error();
  std::erase_if(*entries, [&](const auto& entry) { return !matches(entry.name, pattern); });
  if (entries->empty()) return SiteError::not_found;
  return Listed{std::move(*entries), std::string(directory)};
}

/// The entries of a directory, a single file, or all entries that match a pattern.
ListedResult look_up(const FtpSession& session, std::string_view path) {
  const auto site = session.site.get();
  const auto opened = site->open(session.path_of(path));
  const bool missing = !opened && opened.error() == SiteError::not_found;
  if (missing && is_pattern(path.substr(directory_part(path).size())))
    return look_up_pattern(session, path);
  if (!opened) return opened.error();
  if (opened->entry.kind == SiteEntry::Kind::file)
    return Listed{{opened->entry}, std::string(directory_part(path))};
  auto entries = site->list(session.path_of(path));
  if (!entries) return entries.error();
  const bool slash = path.empty() || path.ends_with('/');
  return Listed{std::move(*entries), std::string(path) + (slash ? "" : "/")};
}

Reply send_list(std::string list) {
  return {150, "The list comes over the data connection.", Transfer(std::move(list))};
}

}  // namespace

Reply change_directory(FtpSession& session, std::string_view argument) {
  const std::string path = session.path_of(argument);
  const auto opened = session.site.get()->open(path);
  if (!opened) return path_error(opened.error(), argument);
  if (opened->entry.kind != SiteEntry::Kind::directory)
    return path_error(SiteError::not_directory, argument);
  session.directory = "/" + normal_path(path);
  return {250, "The working directory is " + quote_path(session.directory) + "."};
}

Reply change_to_parent(FtpSession& session, std::string_view) {
  return change_directory(session, "..");
}

Reply print_directory(FtpSession& session, std::string_view) {
  return {257, quote_path(session.directory) + " is the working directory."};
}

std::string_view without_options(std::string_view argument) {
  while (argument.starts_with('-')) {
    argument.remove_prefix(std::min(argument.find(' '), argument.size()));
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  }
  return argument;
}

boost::system::result<std::string, Reply> list_text(const FtpSession& session,
                                                    std::string_view argument) {
  const auto path = without_options(argument);
  const auto found = look_up(session, path);
  if (!found) return path_error(found.error(), path);
  std::string text;
  for (const auto& entry : found->entries) text += format_list_line(entry, std::time(nullptr));
  return text;
}

Reply list(FtpSession& session, std::string_view argument) {
  session.restart_offset = 0;
  auto text = list_text(session, argument);
  if (!text) return text.error();
  return send_list(std::move(*text));
}

// RFC 1123 section 4.1.2.7: each line must be usable as the argument of RETR, so the path of the
// argument precedes each name.
Reply name_list(FtpSession& session, std::string_view argument) {
  session.restart_offset = 0;
  const auto path = without_options(argument);
  const auto found = look_up(session, path);
  if (!found) return path_error(found.error(), path);
  std::string text;
  for (const auto& entry : found->entries)
    if (fits_a_line(entry.name)) text += found->prefix + entry.name + "\r\n";
  return send_list(std::move(text));
}

Reply mlsd(FtpSession& session, std::string_view argument) {
  session.restart_offset = 0;
  const auto entries = session.site.get()->list(session.path_of(argument));
  if (!entries) {
    // RFC 3659 section 7.2.1: 501 means that the path exists but is not a directory.
    if (entries.error() == SiteError::not_directory)
      return {501, "MLSD lists directories; use MLST for a file."};
    return path_error(entries.error(), argument);
  }
  std::string text;
  for (const auto& entry : *entries)
    if (fits_a_line(entry.name))
      text += format_facts(facts_of(entry, entry.name), session.facts) + "\r\n";
  return send_list(std::move(text));
}

}  // namespace portlab::ftp::server
