#pragma once
// What each error means in the terms of its protocol. Pure: fixed texts.

#include <span>
#include <string_view>

#include "clients/cli/net_error.hpp"

namespace portlab {

/// A paragraph and its label: "tcp", "udp", "not" (an error that it is confused with).
struct Paragraph {
  std::string_view label;
  std::string_view text;
};

/// The paragraphs about this error; at least one.
std::span<const Paragraph> meaning_of(NetError net_error);

}  // namespace portlab
