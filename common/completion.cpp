#include "common/completion.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "common/known_services.hpp"

namespace portlab {

namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text, std::string_view separator) {
  Words parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

/// The text without its parts in brackets, which may be nested: "SERVICE" of "SERVICE[=[A:]PORT]".
std::string without_brackets(std::string_view text) {
  std::string out;
  int depth = 0;
  for (const char c : text) {
    if (c == '[') ++depth;
    if (depth == 0) out += c;
    if (c == ']') --depth;
  }
  return out;
}

/// The operand without the brackets that say that it may be left out. They may end at another word:
/// "[COMMAND" and "...]". Those inside stay: "[ORIGIN=]FILE".
std::string_view without_outer_brackets(std::string_view operand) {
  const auto opened = std::count(operand.begin(), operand.end(), '[');
  const auto closed = std::count(operand.begin(), operand.end(), ']');
  const bool around =
      operand.starts_with('[') && operand.ends_with(']') && without_brackets(operand).empty();
  if (operand.starts_with('[') && (around || opened > closed)) operand.remove_prefix(1);
  if (operand.ends_with(']') && (around || closed > opened)) operand.remove_suffix(1);
  return operand;
}

/// The words of a form of the operands, each with its alternatives: "[N | next] FILE" has two words,
/// and the first of them has two alternatives.
std::vector<Words> alternatives_of(std::string form) {
  for (auto at = form.find(" | "); at != std::string::npos; at = form.find(" | "))
    form.replace(at, 3, "|");
  std::vector<Words> operands;
  for (std::string_view operand : split(form, " ")) {
    if (operand == "[options]") continue;
    operand = without_outer_brackets(operand);
    if (!operand.empty()) operands.push_back(split(without_brackets(operand), "|"));
  }
  return operands;
}

bool is_placeholder(std::string_view name) {
  return std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return std::islower(c) != 0; });
}

void append(std::vector<TermText>& to, std::vector<TermText> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// The words that complete these alternatives.
std::vector<TermText> candidates_of(const Words& names, const WordsFor& words_for) {
  constexpr std::array files{"FILE", "PATH"};
  std::vector<TermText> candidates;
  for (const auto& name : names) {
    if (!is_placeholder(name))
      candidates.push_back({name, ""});
    else if (std::find(files.begin(), files.end(), name) != files.end())
      candidates.push_back({std::string(complete_files), ""});
    else if (name == "DIR")
      candidates.push_back({std::string(complete_folders), ""});
    else
      append(candidates, words_for(name));
  }
  return candidates;
}

/// The option that the word names, "--timeout" or "-o".
const OptionText* find_option(const ManualPage& page, std::string_view word) {
  for (const auto& group : page.groups)
    for (const auto& option : group.options)
      if (word == "--" + option.name || (!option.letter.empty() && word == "-" + option.letter))
        return &option;
  return nullptr;
}

/// Whether the next word is the option's value.
bool takes_next_word(const OptionText* option) {
  return option != nullptr && !option->value.empty() && !option->value_may_be_left_out();
}

std::vector<TermText> values_of(const OptionText& option, const WordsFor& words_for) {
  const auto alternatives = alternatives_of(option.value_name());
  return alternatives.empty() ? std::vector<TermText>() : candidates_of(alternatives[0], words_for);
}

std::vector<TermText> options_of(const ManualPage& page) {
  std::vector<TermText> options;
  for (const auto& group : page.groups)
    for (const auto& option : group.options) options.push_back({"--" + option.name, option.text});
  return options;
}

/// What was typed before the last word.
struct Operands {
  Words before;
  const OptionText* value_of = nullptr;  ///< the last word is the value of this option
  bool only_operands = false;            ///< after "--"
};

Operands read_operands(const ManualPage& page, std::span<const std::string> words) {
  Operands read;
  for (const auto& word : words.first(words.size() - 1)) {
    if (read.value_of != nullptr) {
      read.value_of = nullptr;
      continue;
    }
    const auto* option = read.only_operands ? nullptr : find_option(page, word);
    if (takes_next_word(option))
      read.value_of = option;
    else if (!read.only_operands && word == "--")
      read.only_operands = true;
    else if (read.only_operands || !word.starts_with('-') || word == "-")
      read.before.push_back(word);
  }
  return read;
}

/// Whether the operands that were typed fit the beginning of this form.
bool fits(const std::vector<Words>& form, const Words& before) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto& names = form[std::min(i, form.size() - 1)];
    const bool literal = std::find(names.begin(), names.end(), before[i]) != names.end();
    if (!literal && std::none_of(names.begin(), names.end(), is_placeholder)) return false;
  }
  return true;
}

std::vector<TermText> operands_for(const ManualPage& page, const Words& before,
                                   const WordsFor& words_for) {
  std::vector<TermText> candidates;
  for (const auto& text : page.operands) {
    auto form = alternatives_of(text);
    const bool repeats =
        !form.empty() && (form.back() == Words{"..."} || form.back() == Words{"…"});
    if (repeats) form.pop_back();
    if (form.empty() || !fits(form, before)) continue;
    if (before.size() < form.size())
      append(candidates, candidates_of(form[before.size()], words_for));
    else if (repeats)
      append(candidates, candidates_of(form.back(), words_for));
  }
  return candidates;
}

}  // namespace

std::vector<TermText> complete(const ManualPage& page, std::span<const std::string> words,
                               const WordsFor& words_for) {
  if (words.empty()) return {};
  const std::string& typed = words.back();
  const auto operands = read_operands(page, words);
  if (operands.value_of != nullptr)
    return beginning_with(typed, values_of(*operands.value_of, words_for));
  if (operands.only_operands || !typed.starts_with('-'))
    return beginning_with(typed, operands_for(page, operands.before, words_for));
  const auto equals = typed.find('=');
  if (equals == std::string::npos) return beginning_with(typed, options_of(page));
  const auto* option = find_option(page, typed.substr(0, equals));
  if (option == nullptr) return {};
  auto values = values_of(*option, words_for);
  for (auto& value : values)
    if (!value.term.starts_with(':')) value.term.insert(0, typed, 0, equals + 1);
  return beginning_with(typed, std::move(values));
}

std::vector<TermText> service_candidates() {
  std::vector<TermText> services;
  for (const auto& service : known_services())
    services.push_back({std::string(service.name),
                        (service.argument.empty() ? std::to_string(service.default_port)
                                                  : "=PORT:" + std::string(service.argument)) +
                            ", " + std::string(service.specification)});
  return services;
}

std::vector<TermText> beginning_with(std::string_view typed, std::vector<TermText> candidates) {
  std::erase_if(candidates, [&](const TermText& each) {
    return !each.term.starts_with(':') && !each.term.starts_with(typed);
  });
  return candidates;
}

std::string completion_lines(const std::vector<TermText>& candidates) {
  std::string lines;
  for (const auto& each : candidates) lines += each.term + "\t" + each.text + "\n";
  return lines;
}

}  // namespace portlab
