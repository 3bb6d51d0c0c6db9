#include "servers/http/media_type.hpp"

#include "common/http/http_syntax.hpp"

namespace portlab::http {

namespace {

struct Row {
  std::string_view extension;
  std::string_view type;
};

constexpr Row rows[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/plain; charset=utf-8"},  // browsers display it instead of saving it
    {"log", "text/plain; charset=utf-8"},
    {"conf", "text/plain; charset=utf-8"},
    {"zone", "text/plain; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"xml", "application/xml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"ico", "image/vnd.microsoft.icon"},
    {"woff2", "font/woff2"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"mp3", "audio/mpeg"},
    {"pdf", "application/pdf"},
    {"wasm", "application/wasm"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
};

}  // namespace

std::string_view media_type_of(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot != std::string_view::npos)
    for (const auto& row : rows)
      if (equal_ignoring_case(file_name.substr(dot + 1), row.extension)) return row.type;
  return "application/octet-stream";
}

}  // namespace portlab::http
