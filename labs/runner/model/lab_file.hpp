#pragma once
// From a Markdown file to a Lab, and what is wrong with the file. The format: labs/README.md.

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// A mistake in a lab's file.
struct Fault {
  int line = 0;
  std::string text;
};

struct ParsedLab {
  Lab lab;
  std::vector<Fault> faults;  ///< empty: it can be run
};

/// Reads a lab's text; `path` is for the messages.
ParsedLab parse_lab(std::string_view text, const std::string& path);

/// Reads a lab's file as this student gets it ("": as it stands). The error says what is wrong and
/// where: "FILE:LINE: …", a line each.
Result<Lab> read_lab(const std::string& path, const std::string& student = {});

}  // namespace portlab::labs
