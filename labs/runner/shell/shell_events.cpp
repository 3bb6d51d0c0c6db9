#include "labs/runner/shell/shell_events.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <charconv>
#include <csignal>

namespace portlab::labs {

namespace {

constexpr char mark_end = '\a';
constexpr std::size_t mark_max = 256 * 1024;  // bytes; a mark contains a command

using Kind = ShellEvent::Kind;

/// "portlab netstat" of a line of history(3): "   12  portlab netstat".
std::string command_in(std::string_view line) {
  static const boost::regex numbered(" *[^ ]+ +(.*)");
  boost::cmatch found;
  const auto* end = line.data() + line.size();
  return boost::regex_match(line.data(), end, found, numbered) ? found[1].str() : std::string();
}

/// Takes the number before the next ";" off the fields.
int take_number(std::string_view& fields) {
  int value = 0;
  std::from_chars(fields.data(), fields.data() + fields.size(), value);
  fields.remove_prefix(std::min(fields.find(';') + 1, fields.size()));
  return value;
}

}  // namespace

/// How many bytes at the end of the text may be the beginning of a mark.
std::size_t ShellEventParser::partial_mark_size(std::string_view text) const {
  const std::string_view begin = mark_begin_;
  for (auto size = std::min(text.size(), begin.size() - 1); size > 0; --size)
    if (text.ends_with(begin.substr(0, size))) return size;
  return 0;
}

void ShellEventParser::parse(std::string_view bytes, std::vector<ShellEvent>& events) {
  unparsed_ += bytes;
  std::string_view rest = unparsed_;
  const auto add_output = [&](std::string_view text) {
    if (!text.empty()) events.push_back({Kind::output, std::string(text), 0});
  };
  for (;;) {
    const auto begin = rest.find(mark_begin_);
    if (begin == std::string_view::npos) break;
    add_output(rest.substr(0, begin));
    rest.remove_prefix(begin);
    const auto end = rest.find(mark_end);
    if (end == std::string_view::npos && rest.size() < mark_max) {
      unparsed_ = std::string(rest);
      return;
    }
    rest.remove_prefix(mark_begin_.size());
    if (end == std::string_view::npos) continue;  // without an end: not a mark
    const auto size = end - mark_begin_.size();
    parse_mark(rest.substr(0, size), events);
    rest.remove_prefix(size + 1);
  }
  const auto partial = partial_mark_size(rest);
  add_output(rest.substr(0, rest.size() - partial));
  unparsed_ = std::string(rest.substr(rest.size() - partial));
}

/// "ready;", "start;", "ask;hint", "done;7;0;  12  ls".
void ShellEventParser::parse_mark(std::string_view mark, std::vector<ShellEvent>& events) {
  const auto kind = mark.substr(0, mark.find(';'));
  const auto fields = mark.substr(std::min(kind.size() + 1, mark.size()));
  if (kind == "ready") {
    events.push_back({Kind::ready, {}, 0});
  } else if (kind == "start") {
    started_ = true;
    events.push_back({Kind::started, {}, 0});
  } else if (kind == "ask") {
    events.push_back({Kind::lab_word, std::string(fields), 0});
  } else if (kind == "done") {
    parse_done(fields, events);
  }
}

/// The number of the prompt, the exit status, the last line of `history`.
void ShellEventParser::parse_done(std::string_view fields, std::vector<ShellEvent>& events) {
  constexpr int interrupted = 128 + SIGINT;
  prompt_number_ = take_number(fields);
  const int status = take_number(fields);
  const auto command = command_in(fields);
  // A line with a syntax error is in bash's history, but was never started.
  const bool has_syntax_error =
      !started_ && fields != last_history_ && !command.empty() && !command.starts_with('#');
  if (started_ || has_syntax_error)
    events.push_back({Kind::done, command, status});
  else if (status == interrupted && last_status_ != interrupted)
    events.push_back({Kind::interrupted, {}, status});
  else
    events.push_back({Kind::empty, {}, status});
  last_history_ = fields;
  started_ = false;
  last_status_ = status;
}

}  // namespace portlab::labs
