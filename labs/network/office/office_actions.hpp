#pragma once
// The subcommands of portlab office. Each returns an exit status, and throws a CommandError.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/dispatch.hpp"
#include "clients/cli/watch.hpp"
#include "clients/net/session_filter.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

struct Options {
  std::string name = "office";
  bool verbose = false;
  bool json = false;
  bool all = false;                               ///< listeners, too
  bool yes = false;                               ///< down: does not ask
  bool numeric = false;                           ///< netstat: addresses, not names of hosts
  std::vector<const ExtraServer*> with;           ///< up: these servers, too
  std::string output;                             ///< view: the file for the picture
  std::optional<std::chrono::milliseconds> hold;  ///< view: how long the session is kept
  std::optional<WatchOptions> watch;
  Arguments words;       ///< after the subcommand
  SessionFilter filter;  ///< netstat: which sessions
};

int up(const Options& options);
int down(const Options& options);
int status(const Options& options);
int enter(const Options& options);
int map(const Options& options);
int netstat(const Options& options);
int nat(const Options& options);
int rules(const Options& options);
int forward(const Options& options);
int unforward(const Options& options);
int desktop(const Options& options);
int view(const Options& options);

/// The office; throws a CommandError where it is not up.
RunningOffice expect_office(const Options& options);

}  // namespace portlab::office
