#include "common/manual_page.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "common/text.hpp"

namespace portlab {

namespace {

std::string with_newline(std::string text) { return std::move(text) + "\n"; }

// ---- --help

std::string written(const OptionText& option) {
  return (option.letter.empty() ? "" : "-" + option.letter + ", ") + "--" + option.name +
         (option.value.empty() || option.value_may_be_left_out() ? "" : " ") + option.value;
}

/// Terms and their texts: side by side, or one below the other on a narrow terminal.
std::string help_rows(const std::vector<TermText>& rows, unsigned columns) {
  constexpr unsigned side_by_side_least = 64;
  constexpr unsigned gap = 2;
  const bool side_by_side = columns >= side_by_side_least;
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, row.term.size());
  const auto indent = side_by_side ? static_cast<unsigned>(widest) + 2 * gap : 6;
  std::string text;
  for (const auto& row : rows) {
    auto line = "  " + row.term;
    if (!side_by_side) text += with_newline(std::exchange(line, ""));
    line.resize(indent, ' ');
    text += with_newline(wrap(line + row.text, columns, indent));
  }
  return text;
}

}  // namespace

std::string to_help(const ManualPage& page, unsigned columns) {
  const auto fit = [&](const std::string& text, unsigned indent) {
    return with_newline(wrap(text, columns, indent));
  };
  auto text = fit(page.name + ": " + page.summary, 2);
  for (const auto& form : page.operands) {
    const bool first = &form == &page.operands.front();
    text += (first ? "\n" : "") + fit((first ? "Usage: " : "       ") + page.name + " " + form, 7);
  }
  if (!page.commands.empty()) text += "\n" + help_rows(page.commands, columns);
  if (!page.examples.empty()) text += "\nExamples:\n";
  for (const auto& example : page.examples)
    text += fit("  " + example.term, 6) + fit("      " + example.text, 6);
  for (const auto& group : page.groups) {
    std::vector<TermText> rows;
    for (const auto& option : group.options) rows.push_back({written(option), option.text});
    text += with_newline("\n" + group.title + ":") + help_rows(rows, columns);
  }
  for (const auto& note : page.notes) text += "\n" + fit(note, 0);
  std::string statuses;
  for (const auto& status : page.exit_statuses)
    statuses += (statuses.empty() ? "Exit status: " : ", ") + status.term + " " + status.text;
  if (!statuses.empty()) text += "\n" + fit(statuses + ".", 0);
  return text;
}

// ---- mdoc(7)

namespace {

constexpr unsigned mdoc_columns = 78;  // mandoc -Tlint: at most 80

/// "portlab http": "portlab-http", the name of its page.
std::string page_name(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

/// A line of text or of an example: no control line, no escape sequence. A '-' of an option is a
/// minus sign, which copies as it is typed; that of a compound word is a hyphen.
std::string escaped(std::string_view line) {
  std::string out;
  char before = ' ';
  for (const char c : line) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-' && std::isalnum(static_cast<unsigned char>(before)) == 0)
      out += "\\-";
    else
      out += c;
    before = c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

/// An argument of a macro: no macro itself, and no delimiter.
std::string argument(std::string_view word) {
  auto out = escaped(word);
  std::string quoted;
  for (const char c : out) quoted += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return "\"\\&" + quoted + "\"";
}

/// A paragraph. Each sentence begins a line, as mdoc(7) asks for: troff sets the space between them.
std::string paragraph(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find(". "), text.size());
    const auto sentence = text.substr(0, std::min(end + 1, text.size()));
    std::string lines = wrap(sentence, mdoc_columns, 0);
    for (std::string_view rest = lines; !rest.empty();) {
      const auto line = rest.substr(0, rest.find('\n'));
      out += with_newline(escaped(line));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

std::string literal(const std::string& command) {
  return ".Bd -literal -offset indent -compact\n" + with_newline(escaped(command)) + ".Ed\n";
}

std::string options_list(const std::vector<OptionText>& options) {
  std::string out = ".Bl -tag -width Ds\n";
  for (const auto& option : options) {
    out += ".It";
    if (!option.letter.empty()) out += " Fl " + option.letter + " ,";
    out += " Fl " + argument("-" + option.name);
    if (option.value_may_be_left_out())
      out += " Ns Op = Ns Ar " + argument(option.value_name());
    else if (!option.value.empty())
      out += " Ar " + argument(option.value);
    out += "\n" + paragraph(option.text);
  }
  return out + ".El\n";
}

std::string section(const std::string& title, const std::string& text) {
  return text.empty() ? "" : ".Sh " + title + "\n" + text;
}

std::string reference(const std::string& name) { return ".Xr " + page_name(name) + " 1"; }

}  // namespace

std::string to_mdoc(const ManualPage& page, const std::string& date) {
  std::string synopsis;
  for (const auto& form : page.operands)
    synopsis += ".Nm " + argument(page.name) + "\n" + paragraph(form);

  std::string description;
  for (const auto& note : page.notes)
    description += (description.empty() ? "" : ".Pp\n") + paragraph(note);
  if (!page.commands.empty()) {
    description += ".Bl -tag -width Ds\n";
    for (const auto& command : page.commands)
      description += ".It " + reference(page.name + " " + command.term).substr(1) + "\n" +
                     paragraph(command.text);
    description += ".El\n";
  }

  std::string options;
  for (const auto& group : page.groups)
    options += ".Ss " + group.title + "\n" + options_list(group.options);

  std::string statuses;
  for (const auto& status : page.exit_statuses)
    statuses += ".It " + status.term + "\n" + paragraph(status.text);
  if (!statuses.empty()) statuses = ".Bl -tag -width Ds\n" + statuses + ".El\n";

  std::string examples;
  for (const auto& example : page.examples)
    examples +=
        (examples.empty() ? "" : ".Pp\n") + paragraph(example.text + ":") + literal(example.term);

  std::string others;
  for (const auto& name : page.see_also)
    others += reference(name) + (&name == &page.see_also.back() ? "\n" : " ,\n");

  return ".\\\" Made by " + page.name.substr(0, page.name.find(' ')) +
         " --manual from the tables of --help.\n"
         ".Dd " +
         date + "\n.Dt " + upper_case(page_name(page.name)) + " 1\n.Os\n" +
         section("NAME", ".Nm " + page_name(page.name) + "\n.Nd " + escaped(page.summary) + "\n") +
         section("SYNOPSIS", synopsis) + section("DESCRIPTION", description) +
         section("OPTIONS", options) + section("EXIT STATUS", statuses) +
         section("EXAMPLES", examples) + section("SEE ALSO", others);
}

}  // namespace portlab
