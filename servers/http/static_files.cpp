#include "servers/http/http_handlers.hpp"

#include <utility>

#include "servers/http/http_date.hpp"

namespace portlab::http {

namespace {

Response site_error(SiteError error) {
  switch (error) {
    case SiteError::forbidden:
      return text_response(403, "the server may not read that");
    case SiteError::unavailable: {
      auto response = text_response(503, "the server is short of memory or descriptors; try again");
      response.fields += "Retry-After: 1\r\n";
      return response;
    }
    case SiteError::not_found:
    case SiteError::not_directory:
      break;
  }
  return text_response(404, "the server has no file of that name");
}

std::string with_unit(std::uint64_t bytes) {
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

/// File names may contain anything: they are escaped as HTML where they are shown, and encoded in
/// links. A link begins with "./"; without it "a:b" would be a URL with the scheme "a".
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
            (folder ? "" : with_unit(entry.size)) + "</td><td>" +
            format_date(entry.modified_ns / 1'000'000'000) + "</td></tr>\n";
  }
  page += "</table>\n</body>\n</html>\n";
  return page;
}

Response list_folder(const Request& request, const Site& site) {
  const auto entries = site.list(request.path);
  if (!entries) return site_error(entries.error());
  const std::string path = normal_path(request.path);
  auto page = std::make_shared<Representation>();
  page->type = "text/html; charset=utf-8";
  page->fields =
      "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";
  page->content = list_page(path.empty() ? "/" : "/" + path + "/", *entries);
  page->size = page->content.size();
  return respond_with(std::move(page), request, seconds_now());
}

/// The location is made of the path without dot segments and doubled slashes: "//elsewhere" would
/// lead to another server.
Response redirect_to_folder(const Request& request) {
  auto location = "/" + percent_encode_path(normal_path(request.path)) + "/";
  if (!request.query.empty()) location += "?" + request.query;
  auto response = text_response(301, "a folder's name ends in a slash: " + location);
  response.fields += "Location: " + location + "\r\n";
  return response;
}

Response find_file(const Request& request, const RequestContext& context) {
  const auto site = context.site.get();
  const bool folder = names_folder(request.path);
  const std::string path = folder ? request.path + "/index.html" : request.path;
  auto file = context.files.find(site, path, context.poll_generation);
  if (!file) {
    auto opened = site->open(path);
    if (!opened && folder && opened.error() == SiteError::not_found)
      return list_folder(request, *site);
    if (!opened) return site_error(opened.error());
    if (opened->entry.kind == SiteEntry::Kind::directory)
      return folder ? list_folder(request, *site) : redirect_to_folder(request);
    file = context.files.load(site, path, std::move(*opened));
  }
  if (!file) return site_error(SiteError::unavailable);  // it became shorter while it was read
  return respond_with(std::move(file), request, seconds_now());
}

}  // namespace

Task<void> serve_file(const Request& request, ResponseWriter& response,
                      const RequestContext& context) {
  return response.send(find_file(request, context));
}

std::optional<Response> find_file_error(const Request& request, const RequestContext& context) {
  auto response = find_file(request, context);
  if (response.status < 400) return std::nullopt;
  return response;
}

}  // namespace portlab::http
