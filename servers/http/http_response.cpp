#include "servers/http/response.hpp"

#include <charconv>

#include "servers/http/date.hpp"
#include "servers/http/range.hpp"

namespace portlab::http {

namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// "bytes 0-99/612" (RFC 9110 section 14.4).
std::string content_range(const ByteRange& range, std::uint64_t size) {
  std::string text = "bytes ";
  append_number(text, range.offset);
  text += '-';
  append_number(text, range.offset + range.length - 1);
  text += '/';
  append_number(text, size);
  return text;
}

std::string_view status_line(unsigned status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\nServer: Portlab\r\nDate: ";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\nServer: Portlab\r\nDate: ";
    default:
      return {};
  }
}

/// No part may hold the boundary. We do not search the file for it: it is made of the ETag, which
/// follows from the whole content and so can't well be part of it.
std::string boundary_for(const Representation& representation) {
  std::string boundary = "portlab-";
  for (const char c : representation.etag)
    if (c != '"') boundary += c;
  return boundary;
}

/// 206 with several parts: multipart/byteranges (RFC 9110 section 14.6).
void answer_in_parts(Response& answer, const std::vector<ByteRange>& ranges) {
  const auto& whole = *answer.representation;
  const auto boundary = boundary_for(whole);
  answer.fields += "Content-Type: multipart/byteranges; boundary=" + boundary + "\r\n";
  answer.fields += whole.fields;
  for (const auto& range : ranges) {
    std::string text = answer.parts.empty() ? "--" : "\r\n--";
    text += boundary + "\r\nContent-Type: " + std::string(whole.type) +
            "\r\nContent-Range: " + content_range(range, whole.size) + "\r\n\r\n";
    answer.length += text.size() + range.length;
    answer.parts.push_back({std::move(text), range});
  }
  BodyPart end{"\r\n--" + boundary + "--\r\n", {}};
  answer.length += end.text.size();
  answer.parts.push_back(std::move(end));
}

void answer_whole(Response& answer) {
  const auto& whole = *answer.representation;
  answer.status = 200;
  answer.length = whole.size;
}

Response answer_range(Response answer, const RangeChoice& choice) {
  const auto& whole = *answer.representation;
  if (choice.kind == RangeChoice::Kind::unsatisfiable) {
    auto refused = text_answer(416, "the file has " + std::to_string(whole.size) + " bytes");
    refused.fields += "Content-Range: bytes */" + std::to_string(whole.size) + "\r\n";
    return refused;
  }
  answer.status = 206;
  if (choice.parts.size() > 1) {
    answer_in_parts(answer, choice.parts);
    return answer;
  }
  const auto& range = choice.parts.front();
  answer.length = range.length;
  answer.fields += "Content-Type: " + std::string(whole.type) + "\r\n" + whole.fields +
                   "Content-Range: " + content_range(range, whole.size) + "\r\n";
  answer.parts.push_back({{}, range});
  return answer;
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

Response text_answer(unsigned status, std::string_view explanation) {
  Response answer;
  answer.status = status;
  answer.fields = "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n";
  answer.text = std::to_string(status) + " ";
  answer.text += reason_phrase(status);
  answer.text += "\n";
  answer.text += explanation;
  answer.text += "\n";
  answer.length = answer.text.size();
  return answer;
}

Response refusal_answer(const HttpError& refusal) {
  auto answer = text_answer(refusal.status, refusal.reason);
  answer.close = true;
  return answer;
}

Response answer_with(std::shared_ptr<const Representation> representation, const Head& head,
                     std::int64_t now) {
  const auto& whole = *representation;
  const Validators validators{whole.etag, whole.modified};
  switch (check_preconditions(head, validators, now)) {
    case Verdict::precondition_failed:
      return text_answer(412, "the file is not what the request's condition says");
    case Verdict::not_modified: {
      Response answer;
      answer.status = 304;
      if (!whole.etag.empty()) answer.fields = "ETag: " + whole.etag + "\r\n";
      answer.fields += "Cache-Control: " + std::string(whole.cache_control) + "\r\n";
      return answer;
    }
    case Verdict::proceed:
      break;
  }
  Response answer;
  answer.representation = std::move(representation);
  // Range means something with GET alone (RFC 9110 section 14.2).
  if (whole.has_ranges() && head.method == "GET" && head.count(Field::range) == 1 &&
      if_range_matches(head, validators, now)) {
    const auto choice = choose_ranges(*head.find(Field::range), whole.size);
    if (choice.kind != RangeChoice::Kind::whole) return answer_range(std::move(answer), choice);
  }
  answer_whole(answer);
  return answer;
}

void append_head(std::string& out, const Response& answer) {
  if (const auto line = status_line(answer.status); !line.empty()) {
    out += line;
  } else {
    out += "HTTP/1.1 ";
    append_number(out, answer.status);
    out += ' ';
    out += reason_phrase(answer.status);
    out += "\r\nServer: Portlab\r\nDate: ";
  }
  out += date_now();
  out += "\r\n";
  if (answer.representation && answer.parts.empty()) {
    out += "Content-Type: ";
    out += answer.representation->type;
    out += "\r\n";
    out += answer.representation->fields;
  }
  out += answer.fields;
  if (answer.status != 304) {
    out += "Content-Length: ";
    append_number(out, answer.length);
    out += "\r\n";
  }
  if (answer.close) out += "Connection: close\r\n";
  if (answer.says_keep_alive && !answer.close) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

}  // namespace portlab::http
