#pragma once
// What each error means in the protocols' own terms. Pure: no machine is looked at.

#include <span>
#include <string_view>

#include "clients/net/net_error.hpp"

namespace portlab {

/// A paragraph, and whose words they are: "tcp", "udp", "not" (what it is often taken for).
struct Paragraph {
  std::string_view label;
  std::string_view text;
};

/// The paragraphs about this error; at least one.
std::span<const Paragraph> meaning_of(NetError net_error);

}  // namespace portlab
