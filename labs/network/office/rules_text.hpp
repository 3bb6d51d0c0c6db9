#pragma once
// A shorter rendering of nft(8)'s rules. Pure.

#include <string>
#include <string_view>

namespace portlab::office {

/// The output of `nft list ruleset` without braces and blank lines: each chain in one line with its
/// hook and policy, its rules below it; each map and set without its type.
std::string short_rules(std::string_view listed);

}  // namespace portlab::office
