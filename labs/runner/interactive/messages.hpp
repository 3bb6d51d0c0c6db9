#pragma once
// What the interactive runner prints in several places. Single texts: say() in model/markdown.hpp.

#include <cstddef>
#include <string>
#include <vector>

#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/lab_record.hpp"
#include "labs/runner/shell/lab_place.hpp"

namespace portlab::labs {

/// An empty line and a headline.
void print_headline(const std::string& text);
/// The hint with this index, which must exist.
void print_hint(const std::vector<std::string>& hints, std::size_t index);
/// These lines as one paragraph, or `otherwise` where there are none.
void explain(const std::vector<std::string>& lines, const std::string& otherwise = {});

/// Title, introduction, and where the lab runs. `is_repeated`: the student has finished it before;
/// `enter_command`: opens a shell in its network (LabRegistration).
void print_beginning(const Lab& lab, const LabRecord& record, const LabPlace& place,
                     bool is_repeated, const std::string& enter_command);
/// The words that work at this question, or at the shell's prompt (null), and where the student is.
/// `step`: from 1.
void print_help(const Lab& lab, std::size_t step, const std::string& enter_command,
                const Question* question);
/// How many answers were right, and what to do next.
void print_summary(const Lab& lab, const LabRecord& record);

}  // namespace portlab::labs
