#pragma once
// From the text of a Markdown file to a Lab. The format: labs/README.md.

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

/// "FILE:LINE: …" for each fault, with line ends between them.
std::string to_text(const std::string& path, const std::vector<Fault>& faults);

struct ParsedLab {
  Lab lab;
  std::vector<Fault> faults;  ///< in the order of lines; empty: the lab can be run
};

/// Parses the text of a lab. `path` becomes Lab::path.
ParsedLab parse_lab(std::string_view text, const std::string& path);

/// Reads the file, in the variant of this student ("": as the file is), with the choices in this
/// student's order (shuffle_choices()). The error is to_text() of the faults.
Result<Lab> read_lab(const std::string& path, const std::string& student = {});

}  // namespace portlab::labs
