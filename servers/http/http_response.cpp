#include "servers/http/http_response.hpp"

#include <utility>

#include "servers/http/byte_range.hpp"
#include "servers/http/conditional_request.hpp"
#include "servers/http/http_date.hpp"

namespace portlab::http {

namespace {

/// "bytes 0-99/612" (RFC 9110 section 14.4).
std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.length - 1) + "/" + std::to_string(size);
}

/// No part may contain the boundary. The file is not searched for it: the boundary is made of the
/// ETag, which depends on the whole content, so no content contains it, except by a rare accident.
std::string boundary_for(const Representation& representation) {
  std::string boundary = "portlab-";
  for (const char c : representation.etag)
    if (c != '"') boundary += c;
  return boundary;
}

/// 206 with several parts: multipart/byteranges (RFC 9110 section 14.6).
void add_parts(Response& response, const std::vector<ByteRange>& ranges) {
  const auto& whole = *response.representation;
  const auto boundary = boundary_for(whole);
  response.fields =
      "Content-Type: multipart/byteranges; boundary=" + boundary + "\r\n" + whole.fields;
  for (const auto& range : ranges) {
    std::string text = response.parts.empty() ? "--" : "\r\n--";
    text += boundary + "\r\nContent-Type: " + std::string(whole.type) +
            "\r\nContent-Range: " + content_range(range, whole.size) + "\r\n\r\n";
    response.length += text.size() + range.length;
    response.parts.push_back({std::move(text), range});
  }
  BodyPart end{"\r\n--" + boundary + "--\r\n", {}};
  response.length += end.text.size();
  response.parts.push_back(std::move(end));
}

Response partial_response(std::shared_ptr<const Representation> representation,
                          const RangeChoice& choice) {
  const auto& whole = *representation;
  if (choice.kind == RangeChoice::Kind::unsatisfiable) {
    auto response = text_response(416, "the file has " + std::to_string(whole.size) + " bytes");
    response.fields += "Content-Range: bytes */" + std::to_string(whole.size) + "\r\n";
    return response;
  }
  Response response;
  response.status = 206;
  response.representation = std::move(representation);
  if (choice.parts.size() > 1) {
    add_parts(response, choice.parts);
    return response;
  }
  const auto& range = choice.parts.front();
  response.length = range.length;
  response.fields = "Content-Type: " + std::string(whole.type) + "\r\n" + whole.fields +
                    "Content-Range: " + content_range(range, whole.size) + "\r\n";
  response.parts.push_back({{}, range});
  return response;
}

/// The current time as a date, formatted once a second. That is 16 % fewer instructions of portlabd
/// in the case "http 612 bytes, keep-alive" of tests/bench than a new text for each response.
std::string_view date_now() {
  static thread_local std::int64_t formatted_at = -1;
  static thread_local std::string date;
  const auto now = seconds_now();
  if (now != formatted_at) date = format_date(now);
  formatted_at = now;
  return date;
}

Response not_modified_response(const Representation& whole) {
  Response response;
  response.status = 304;
  if (!whole.etag.empty()) response.fields = "ETag: " + whole.etag + "\r\n";
  response.fields += "Cache-Control: " + std::string(whole.cache_control) + "\r\n";
  return response;
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  struct Row {
    unsigned status;
    std::string_view phrase;
  };
  constexpr Row rows[] = {
      {200, "OK"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {416, "Range Not Satisfiable"},
      {421, "Misdirected Request"},
      {417, "Expectation Failed"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& row : rows)
    if (row.status == status) return row.phrase;
  return "Unknown";
}

void append_head(std::string& out, const Response& response) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nServer: Portlab\r\nDate: ";
  out += date_now();
  out += "\r\n";
  if (response.representation && response.parts.empty()) {
    out += "Content-Type: ";
    out += response.representation->type;
    out += "\r\n";
    out += response.representation->fields;
  }
  out += response.fields;
}

void append_content_length(std::string& out, std::uint64_t length) {
  out += "Content-Length: ";
  out += std::to_string(length);
  out += "\r\n";
}

Response text_response(unsigned status, std::string_view explanation) {
  Response response;
  response.status = status;
  response.fields =
      "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n";
  response.text = std::to_string(status) + " " + std::string(reason_phrase(status)) + "\n" +
                  std::string(explanation) + "\n";
  response.length = response.text.size();
  return response;
}

std::shared_ptr<const Representation> fresh_representation(std::string_view type,
                                                           std::string content) {
  auto fresh = std::make_shared<Representation>();
  fresh->type = type;
  fresh->cache_control = "no-store";
  fresh->fields = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  fresh->size = content.size();
  fresh->content = std::move(content);
  return fresh;
}

Response respond_with(std::shared_ptr<const Representation> representation, const Request& request,
                      std::int64_t now) {
  const auto& whole = *representation;
  const Validators validators{whole.etag, whole.modified};
  if (request.is_read()) {
    switch (check_preconditions(request, validators, now)) {
      case Verdict::precondition_failed:
        return text_response(412, "the resource does not meet the request's condition");
      case Verdict::not_modified:
        return not_modified_response(whole);
      case Verdict::proceed:
        break;
    }
  }
  // Range is defined for GET alone (RFC 9110 section 14.2). What has no ETag has no ranges.
  const auto range = request.method == "GET" ? request.field("Range") : std::nullopt;
  if (range && !whole.etag.empty() && if_range_matches(request, validators, now)) {
    const auto choice = choose_ranges(*range, whole.size);
    if (choice.kind != RangeChoice::Kind::whole)
      return partial_response(std::move(representation), choice);
  }
  Response response;
  response.length = whole.size;
  response.representation = std::move(representation);
  return response;
}

}  // namespace portlab::http
