#pragma once
// Reads requests as a session does, from bytes that arrive in pieces.

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "servers/http/request_body.hpp"
#include "servers/http/request_head.hpp"

namespace portlab::http {

/// What a server finds in these bytes: "GET /a; POST /b +5; " (+5: a body of 5 bytes), then "?" where
/// more bytes are needed, or the status of a refusal. `next_piece` returns how many bytes arrive
/// next. `check` is called with each complete request, whose body is its content.
template <class NextPiece, class Check>
std::string read_requests(std::string_view bytes, NextPiece next_piece, Check check) {
  std::string seen;
  std::size_t arrived = 0, begin = 0;
  const auto read_to_end = [&](auto& reader) {
    for (;;) {
      std::size_t used = 0;
      const auto pending = bytes.substr(begin, arrived - begin);
      const auto state = reader.read(pending, used);
      if (used > pending.size()) throw std::logic_error("more was read than there is");
      begin += used;
      if (state != ReadState::more || arrived == bytes.size()) return state;
      arrived = std::min(bytes.size(), arrived + next_piece());
    }
  };
  for (;;) {
    Request request;
    HeadReader head(request);
    const auto head_state = read_to_end(head);
    if (head_state == ReadState::more) return seen + "?";
    if (head_state == ReadState::refused) return seen + std::to_string(head.error().status);
    seen += request.method + " " + request.target;
    if (request.has_body()) {
      BodyReader body(request, BodyKept::content);
      const auto body_state = read_to_end(body);
      if (body_state == ReadState::more) return seen + "?";
      if (body_state == ReadState::refused) return seen + " " + std::to_string(body.error().status);
      if (request.body.size() != body.content_bytes())
        throw std::logic_error("the content is not what was counted");
      seen += " +" + std::to_string(body.content_bytes());
    }
    check(request);
    seen += "; ";
  }
}

template <class NextPiece>
std::string read_requests(std::string_view bytes, NextPiece next_piece) {
  return read_requests(bytes, next_piece, [](const Request&) {});
}

}  // namespace portlab::http
