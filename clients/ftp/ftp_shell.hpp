#pragma once
// The commands of the FTP client, one a line: ls, get, cd, …

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/ftp/ftp_client.hpp"

namespace portlab::ftp::client {

using Words = std::vector<std::string>;

class Shell {
 public:
  /// `output`: the file for `get`; empty: the name of the file on the server.
  Shell(Client& client, const ClientOptions& options, std::string output, bool as_text);

  /// Runs a command with its arguments. Its output goes to stdout, or into documents(). Throws a
  /// CommandError: exit status 2 for usage, 1 for a refusal of the server, 3 for the connection.
  void run(const Words& words);
  /// Whether the command quit was given.
  bool ended() const { return ended_; }

  /// The results of the commands, for --json.
  const boost::json::array& documents() const { return documents_; }

  struct Row {
    std::string_view name;
    std::string_view arguments;
    std::size_t least;
    std::size_t most;
    std::string_view help;
    std::function<void(Shell& shell, const Words& arguments)> run;
  };
  static std::span<const Row> table();
  /// The row of the command. Throws a CommandError (exit status 2) if there is none, or for too few
  /// or too many arguments.
  static const Row& find(const Words& words);
  /// Whether there is a command of this name.
  static bool has(const std::string& word);

 private:
  void list(const std::string& verb, const Words& arguments);
  void facts(const Words& arguments);
  void get(const Words& arguments);
  void cat(const Words& arguments);
  void put(const Words& arguments);
  void pwd(const Words& arguments);
  void size(const Words& arguments);
  void quote(const Words& arguments);
  void help(const Words& arguments);

  /// Sends a command that transfers no data; its reply goes into the document, too.
  Reply demand(const Command& command);
  void say(std::string_view text);
  void add_reply(const Reply& reply);
  void add_transfer(const Transferred& done);
  Type type() const { return as_text_ ? Type::text : Type::bytes; }

  Client& client_;
  const ClientOptions& options_;
  std::string output_;
  bool as_text_;
  bool ended_ = false;
  boost::json::object document_;  ///< of the current command
  boost::json::array documents_;
};

/// Splits a line into words at spaces, except inside double quotes.
Words split_words(std::string_view line);

}  // namespace portlab::ftp::client
