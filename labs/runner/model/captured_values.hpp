#pragma once
// Values captured from the output of commands, and the names in braces that stand for them:
// {client} in an answer or in a `do:` line. A name is a small letter, then small letters, digits
// and "_". Not a name: ${client}, which the shell expands.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

using CapturedValues = std::map<std::string, std::string>;

/// Searches the output for each capture and adds the values. Returns the name of the first capture
/// that is not found, after which no more are searched.
std::optional<std::string> capture_values(const std::vector<Capture>& captures,
                                          const std::string& output, CapturedValues& values);

/// Removes the values of these captures.
void forget_values(const std::vector<Capture>& captures, CapturedValues& values);

/// The names in braces that this text contains.
std::set<std::string> names_in(const std::string& text);
/// The text with a value in the place of each name that has one.
std::string with_values(const std::string& text, const CapturedValues& values);

/// A line of a comment as a command. A name stands for its value only where that is a number or a
/// plain word: a value comes from the output of a peer, and must not become a command.
std::string command_with_values(const std::string& line, const CapturedValues& values);
/// What --auto, and Enter at an empty prompt, type for this activity.
std::vector<std::string> commands_to_type(const Activity& activity, const CapturedValues& values);

}  // namespace portlab::labs
