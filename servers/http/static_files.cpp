// The site's part of the server: files, folders, and a page that lists a folder.

#include <ctime>

#include "servers/http/date.hpp"
#include "servers/http/http_text.hpp"
#include "servers/http/resources.hpp"

namespace portlab::http {

namespace {

Response site_error(SiteError error) {
  switch (error) {
    case SiteError::forbidden:
      return text_answer(403, "that may not be read");
    case SiteError::unavailable: {
      auto answer = text_answer(503, "this machine is short of something; try again");
      answer.fields += "Retry-After: 1\r\n";
      return answer;
    }
    case SiteError::not_found:
    case SiteError::not_directory:
      break;
  }
  return text_answer(404, "nothing has that name here");
}

std::string in_words(std::uint64_t bytes) {
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

constexpr std::string_view page_begin = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 46em; margin: 0 auto; padding: 1em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.2em 0.8em 0.2em 0; border-bottom: 1px solid #8886; }
th:nth-child(2), td:nth-child(2) { text-align: right; white-space: nowrap; }
</style>
)";

/// Names are somebody else's text: escaped as HTML where they are shown, encoded where they are a
/// link. "./" in front, or "a:b" would be a URL with the scheme "a".
std::string list_page(const std::string& path, const std::vector<SiteEntry>& entries) {
  const auto title = html_escape(path);
  std::string page(page_begin);
  page += "<title>" + title + "</title>\n</head>\n<body>\n<h1>" + title + "</h1>\n";
  page += "<table>\n<tr><th>Name</th><th>Size</th><th>Changed</th></tr>\n";
  if (path != "/") page += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
  for (const auto& entry : entries) {
    const bool folder = entry.kind == SiteEntry::Kind::directory;
    const std::string slash = folder ? "/" : "";
    page += "<tr><td><a href=\"./" + percent_encode_path(entry.name) + slash + "\">" +
            html_escape(entry.name) + slash + "</a></td><td>" +
            (folder ? "" : in_words(entry.size)) + "</td><td>" +
            format_date(entry.modified_ns / 1'000'000'000) + "</td></tr>\n";
  }
  page += "</table>\n</body>\n</html>\n";
  return page;
}

Response list(const RequestContext& exchange, const Site& site, const std::string& path) {
  const auto entries = site.list(path);
  if (!entries) return site_error(entries.error());
  const std::string normal = normal_path(path);
  auto page = std::make_shared<Representation>();
  page->type = "text/html; charset=utf-8";
  page->fields =
      "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";
  page->content = list_page(normal.empty() ? "/" : "/" + normal + "/", *entries);
  page->size = page->content.size();
  return answer_with(std::move(page), exchange.head, seconds_now());
}

/// Made from the path without dot segments and doubled slashes: "//elsewhere" would lead to
/// another server.
Response redirect_to_folder(const RequestContext& exchange) {
  auto location = "/" + percent_encode_path(normal_path(exchange.target.path)) + "/";
  if (!exchange.target.query.empty()) location += "?" + std::string(exchange.target.query);
  auto answer = text_answer(301, "a folder's name ends in a slash: " + location);
  answer.fields += "Location: " + location + "\r\n";
  return answer;
}

Response serve(const RequestContext& exchange, std::shared_ptr<const Representation> file) {
  if (!file) return site_error(SiteError::unavailable);  // cut short while it was read
  return answer_with(std::move(file), exchange.head, seconds_now());
}

bool names_folder(std::string_view path) {
  return path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
}

}  // namespace

Response answer_from_site(const RequestContext& exchange) {
  const auto site = exchange.site.get();
  const bool folder = names_folder(exchange.target.path);
  const std::string path = folder ? exchange.target.path + "/index.html" : exchange.target.path;
  if (auto known = exchange.files.find(site, path, exchange.turn))
    return serve(exchange, std::move(known));
  auto opened = site->open(path);
  if (!opened) {
    if (folder && opened.error() == SiteError::not_found)
      return list(exchange, *site, exchange.target.path);
    return site_error(opened.error());
  }
  if (opened->entry.kind == SiteEntry::Kind::directory)
    return folder ? list(exchange, *site, exchange.target.path) : redirect_to_folder(exchange);
  return serve(exchange, exchange.files.load(site, path, std::move(*opened)));
}

}  // namespace portlab::http
