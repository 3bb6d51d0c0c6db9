#pragma once
// What --help, the manual page and a shell's completion say about a program or a command of it. Each
// program makes a ManualPage from its own tables; nothing of it is written a second time.

#include <string>
#include <vector>

namespace portlab {

/// A word and what it means: a command and its summary, an exit status, an example and what it shows.
struct TermText {
  std::string term;
  std::string text;
};

/// An option, "-q, --quiet" or "--source ADDRESS".
struct OptionText {
  std::string name;    ///< "source"
  std::string letter;  ///< "q"; empty: none
  /// "ADDRESS"; empty: it takes no value. "[=yes|no]": it may be left out, else it follows a '='.
  /// Lower-case words are all the values that there are.
  std::string value;
  std::string text;

  bool value_may_be_left_out() const { return value.starts_with("[="); }
  /// "yes|no", also of a value that may be left out.
  std::string value_name() const {
    return value_may_be_left_out() ? value.substr(2, value.size() - 3) : value;
  }
};

struct OptionGroup {
  std::string title;
  std::vector<OptionText> options;
};

struct ManualPage {
  std::string name;                   ///< "portlab http": the page is portlab-http(1)
  std::string summary;                ///< in one line
  std::vector<std::string> operands;  ///< "[options] HOST[:PORT] [TEXT]"; one for each form
  std::vector<TermText> commands;     ///< of a program that has some
  std::vector<TermText> examples;     ///< command lines
  std::vector<OptionGroup> groups;
  std::vector<std::string> notes;       ///< paragraphs
  std::vector<TermText> exit_statuses;  ///< "0", "done"
  std::vector<std::string> see_also;    ///< other pages of section 1: "portlab"
};

/// The text of --help, in lines of at most `columns` columns.
std::string to_help(const ManualPage& page, unsigned columns);

/// The page of section 1 in the language of mdoc(7). `date` is that of the
/// program's version, "November 26, 2026".
std::string to_mdoc(const ManualPage& page, const std::string& date);

}  // namespace portlab
