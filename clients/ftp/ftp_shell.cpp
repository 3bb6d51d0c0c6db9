#include "clients/ftp/ftp_shell.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "clients/cli/download.hpp"
#include "clients/cli/terminal.hpp"
#include "common/ftp/ascii.hpp"
#include "common/ftp/mlst_facts.hpp"
#include "common/ftp/reply.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/text.hpp"

namespace portlab::ftp::client {

namespace json = boost::json;

namespace {

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// The name of the command in the table, for any case and for synonyms of other clients.
std::string usual_name(const std::string& word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> others{
      {{"bye", "quit"}, {"exit", "quit"}, {"dir", "ls"}, {"?", "help"}}};
  const auto lower = lower_case(word);
  const auto* const other = std::find_if(others.begin(), others.end(),
                                         [&](const auto& pair) { return pair.first == lower; });
  return other == others.end() ? lower : std::string(other->second);
}

/// "dir             -  20240102030405  docs"
std::string describe(const FileFacts& facts) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%-4.10s  %12s  %14s  ", printable(facts.type).c_str(),
                facts.size ? std::to_string(*facts.size).c_str() : "-",
                facts.modified_seconds ? format_time(*facts.modified_seconds).c_str() : "-");
  return text.data() + printable(facts.name) + "\n";
}

json::value to_json(const FileFacts& facts) {
  json::object out{{"name", printable(facts.name)}, {"type", printable(facts.type)}};
  if (facts.size) out["size"] = *facts.size;
  if (facts.modified_seconds) out["modified"] = format_time(*facts.modified_seconds);
  return out;
}

}  // namespace

std::span<const Shell::Row> Shell::table() {
  static const Row rows[] = {
      {"ls", "[PATH]", 0, 1, "list a directory as text (LIST); also dir",
       [](Shell& shell, const Words& words) { shell.list("LIST", words); }},
      {"nlst", "[PATH]", 0, 1, "list names only (NLST)",
       [](Shell& shell, const Words& words) { shell.list("NLST", words); }},
      {"mlsd", "[PATH]", 0, 1, "list a directory for programs (MLSD)", &Shell::facts},
      {"get", "FILE [AS]", 1, 2, "fetch a file and save it (RETR)", &Shell::get},
      {"cat", "FILE", 1, 1, "fetch a file and show it (RETR)", &Shell::cat},
      {"put", "FILE [AS]", 1, 2, "send a file; the lab's server refuses (STOR)", &Shell::put},
      {"cd", "PATH", 1, 1, "change the directory (CWD)",
       [](Shell& shell, const Words& words) {
         shell.demand({"CWD", words[0]});
       }},
      {"cdup", "", 0, 0, "one directory up (CDUP)",
       [](Shell& shell, const Words&) {
         shell.demand({"CDUP", ""});
       }},
      {"pwd", "", 0, 0, "print the directory (PWD)", &Shell::pwd},
      {"size", "FILE", 1, 1, "the size of a file in bytes (SIZE)", &Shell::size},
      {"quote", "COMMAND", 1, 99, "send a command unchanged; quote HELP lists them", &Shell::quote},
      {"passive", "", 0, 0, "from now on, the client connects to the server's data port",
       [](Shell& shell, const Words&) { shell.client_.choice.active = false; }},
      {"active", "", 0, 0, "from now on, the server connects to the client's data port",
       [](Shell& shell, const Words&) { shell.client_.choice.active = true; }},
      {"ascii", "", 0, 0, "files are text (TYPE A)",
       [](Shell& shell, const Words&) { shell.as_text_ = true; }},
      {"binary", "", 0, 0, "files are bytes (TYPE I)",
       [](Shell& shell, const Words&) { shell.as_text_ = false; }},
      {"help", "", 0, 0, "this list; also ?", &Shell::help},
      {"quit", "", 0, 0, "end the session (QUIT); also bye, exit",
       [](Shell& shell, const Words&) { shell.ended_ = true; }},
  };
  return rows;
}

Shell::Shell(Client& client, const ClientOptions& options, std::string output, bool as_text)
    : client_(client), options_(options), output_(std::move(output)), as_text_(as_text) {}

bool Shell::has(const std::string& word) {
  const auto name = usual_name(word);
  const auto rows = table();
  return std::any_of(rows.begin(), rows.end(), [&](const Row& one) { return one.name == name; });
}

const Shell::Row& Shell::find(const Words& words) {
  const auto name = usual_name(words.at(0));
  const auto rows = table();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name == name; });
  if (row == rows.end()) {
    std::vector<std::string_view> known;
    for (const auto& one : rows) known.push_back(one.name);
    const auto guess = nearest(name, known);
    throw usage_failure("ftp: '" + printable(name) + "' is not a command of portlab ftp",
                        guess.empty() ? "help (all commands)" : std::string(guess));
  }
  const auto count = words.size() - 1;
  if (count < row->least || count > row->most)
    throw usage_failure(
        "ftp: " + name + (count < row->least ? ": something is missing" : ": that is too much"),
        name + " " + std::string(row->arguments));
  return *row;
}

void Shell::run(const Words& words) {
  const auto& row = find(words);
  const Words arguments(words.begin() + 1, words.end());
  document_ = {{"command", printable(join(words, " "))}};
  row.run(*this, arguments);
  documents_.push_back(std::move(document_));
}

// ---- lists

void Shell::list(const std::string& verb, const Words& arguments) {
  CapturedText kept;
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  const Command command{verb, arguments.empty() ? "" : arguments[0]};
  add_transfer(client_.receive(command, Type::text, [&](Bytes bytes) {
    if (options_.json)
      kept.add(bytes);
    else
      print(terminal ? showable(as_text(bytes)) : std::string(as_text(bytes)));
  }));
  if (options_.json) document_["text"] = kept.to_json();
}

void Shell::facts(const Words& arguments) {
  constexpr std::size_t list_bytes_max = std::size_t{16} << 20;
  std::string text;
  const Command command{"MLSD", arguments.empty() ? "" : arguments[0]};
  add_transfer(client_.receive(command, Type::text, [&](Bytes bytes) {
    if (text.size() < list_bytes_max) text += as_text(bytes);
  }));
  json::array entries;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    if (const auto entry = parse_facts(rest.substr(0, end))) {
      if (!options_.json) print(describe(*entry));
      entries.push_back(to_json(*entry));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  document_["entries"] = std::move(entries);
}

// ---- files

void Shell::get(const Words& arguments) {
  const auto& path = arguments[0];
  const std::string& named = arguments.size() > 1 ? arguments[1] : output_;
  const std::string to = named.empty() ? base_name(path) : named;
  if (to.empty() || to == "." || to == "..")
    throw usage_failure("ftp: '" + printable(path) + "' names no file to save it as",
                        "get " + printable(path) + " FILE");
  const bool visible = options_.shows_messages();
  Progress progress(client_.size_of(path, type()), visible);
  OutputFile file(to);
  const auto done = client_.receive({"RETR", path}, type(), [&](Bytes bytes) {
    file.write(bytes);
    if (bytes.empty())
      progress.finish();  // before the final reply is shown
    else
      progress.add(bytes.size());
  });
  file.commit();
  add_transfer(done);
  document_["saved"] = printable(to);
  if (visible)
    std::fprintf(stderr, "saved %s: %s\n", printable(to).c_str(), progress.summary().c_str());
}

void Shell::cat(const Words& arguments) {
  CapturedText kept;
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  add_transfer(client_.receive({"RETR", arguments[0]}, type(), [&](Bytes bytes) {
    if (options_.json) return kept.add(bytes);
    if (terminal && !is_showable(bytes))
      throw usage_failure("this is not text; a terminal could interpret it as escape sequences",
                          "get " + printable(arguments[0]) + " (save it)");
    print(as_text(bytes));
  }));
  if (options_.json) document_["text"] = kept.to_json();
}

void Shell::put(const Words& arguments) {
  const auto& path = arguments[0];
  const auto name = arguments.size() > 1 ? arguments[1] : base_name(path);
  const auto expect = [&](bool done) {
    if (!done)
      throw usage_failure(printable(path) + ": " + std::strerror(errno), "a file of this machine");
  };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  expect(static_cast<bool>(file));
  AsciiEncoder encoder;
  std::string piece;
  add_transfer(client_.send({"STOR", name}, type(), [&] {
    piece.resize(std::size_t{64} * 1024);
    const auto count = ::read(file.get(), piece.data(), piece.size());
    expect(count >= 0);
    piece.resize(static_cast<std::size_t>(count));
    if (as_text_) piece = encoder.encode(piece);
    return as_bytes(piece);
  }));
}

void Shell::size(const Words& arguments) {
  const auto size = client_.size_of(arguments[0], type());
  // Once more, to report the server's reply as the error.
  if (!size) client_.demand({"SIZE", arguments[0]});
  document_["size"] = size.value_or(0);
  say(std::to_string(size.value_or(0)) + "\n");
}

// ---- directories

Reply Shell::demand(const Command& command) {
  auto reply = client_.demand(command);
  add_reply(reply);
  return reply;
}

void Shell::pwd(const Words&) {
  const auto reply = demand({"PWD", ""});
  const auto path = printable(unquote_path(reply.text()).value_or(reply.text()));
  document_["path"] = path;
  say(path + "\n");
}

// ---- the session

void Shell::quote(const Words& arguments) {
  // Without a data port, a transfer command gets only an error as its second reply.
  const auto command = parse_command(join(arguments, " "));
  const auto reply = demand(command);
  for (const auto& line : reply.lines)
    say(std::to_string(reply.code) + " " + printable(line) + "\n");
  if (reply.preliminary()) client_.finish(command);
}

void Shell::help(const Words&) {
  std::string all;
  for (const auto& row : table()) {
    std::string line = std::string(row.name) + " " + std::string(row.arguments);
    line.resize(std::max<std::size_t>(line.size() + 2, 16), ' ');
    all += line + std::string(row.help) + "\n";
  }
  document_["text"] = all;
  say(all);
}

void Shell::say(std::string_view text) {
  if (!options_.json) print(text);
}

void Shell::add_reply(const Reply& reply) {
  json::array lines;
  for (const auto& line : reply.lines) lines.emplace_back(printable(line));
  document_["reply"] = {{"code", reply.code}, {"lines", std::move(lines)}};
}

void Shell::add_transfer(const Transferred& done) {
  add_reply(done.reply);
  document_["bytes"] = done.bytes;
  document_["data_port"] = done.data_port;
}

Words split_words(std::string_view line) {
  Words words;
  std::string word;
  bool quoted = false;
  bool begun = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      begun = true;
    } else if ((c == ' ' || c == '\t' || c == '\r') && !quoted) {
      if (begun) words.push_back(std::exchange(word, {}));
      begun = false;
    } else {
      word += c;
      begun = true;
    }
  }
  if (begun) words.push_back(word);
  return words;
}

}  // namespace portlab::ftp::client
