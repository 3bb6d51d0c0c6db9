#pragma once
// The comments of a lab's file, which a Markdown viewer does not show: <!-- lab, <!-- answer and
// <!-- check. Their lines are "KEY: VALUE", or a value alone: an answer, or a condition.

#include <vector>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/model/lab_file.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

struct Comment {
  int line = 0;  ///< of its beginning
  Lines lines;   ///< between "<!-- KIND" and "-->"
};

// Each adds what the comment says, and a fault for each line that is wrong.

/// minutes, servers, network, vary, deeper.
void parse_lab_comment(const Comment& comment, Lab& lab, std::vector<Fault>& faults);
/// The answer; hint, because, if.
void parse_answer_comment(const Comment& comment, Question& question, std::vector<Fault>& faults);
/// Conditions; hint, why, next, expect, do, wrong, also, capture, needs.
void parse_check_comment(const Comment& comment, Activity& activity, std::vector<Fault>& faults);

}  // namespace portlab::labs
