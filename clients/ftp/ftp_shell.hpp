#pragma once
// What a person (or a script) can tell the FTP client: ls, get, cd, … one command a line.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/ftp/ftp_client.hpp"

namespace portlab::ftp::client {

using Words = std::vector<std::string>;

class Shell {
 public:
  /// `output`: where `get` saves to; empty: the file's own name, here.
  Shell(Client& client, const ClientOptions& options, std::string output, bool as_text);

  /// Runs a command and its arguments. What it shows goes to stdout, or into documents(). Throws a
  /// CommandError: of usage (exit status 2), of a server that says no (1), of the connection (3).
  void run(const Words& words);
  /// "quit" was said.
  bool ended() const { return ended_; }

  /// What the commands did, for --json.
  const boost::json::array& documents() const { return documents_; }

  struct Row {
    std::string_view name;
    std::string_view arguments;
    std::size_t least;
    std::size_t most;
    std::string_view help;
    void (Shell::*run)(const Words& arguments);
  };
  static std::span<const Row> table();
  /// The row that runs these words. Throws a CommandError (exit status 2) if there is none, or if the
  /// arguments are too few or too many.
  static const Row& find(const Words& words);

 private:
  void list(const Words& arguments);
  void names(const Words& arguments);
  void facts(const Words& arguments);
  void get(const Words& arguments);
  void cat(const Words& arguments);
  void put(const Words& arguments);
  void cd(const Words& arguments);
  void up(const Words& arguments);
  void pwd(const Words& arguments);
  void size(const Words& arguments);
  void quote(const Words& arguments);
  void passive(const Words& arguments);
  void active(const Words& arguments);
  void text(const Words& arguments);
  void bytes(const Words& arguments);
  void help(const Words& arguments);
  void quit(const Words& arguments);

  /// Receives lines and shows them.
  void show_lines(const Command& command);
  void say(std::string_view text);
  void add_reply(const Reply& reply);
  void add_transfer(const Transferred& done);
  Type type() const { return as_text_ ? Type::text : Type::bytes; }

  Client& client_;
  const ClientOptions& options_;
  std::string output_;
  bool as_text_;
  bool ended_ = false;
  boost::json::object document_;  ///< of the command that runs now
  boost::json::array documents_;
};

/// A line as words: separated by spaces, which double quotes keep together.
Words split_words(std::string_view line);

}  // namespace portlab::ftp::client
