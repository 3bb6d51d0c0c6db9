#include "labs/network/office/office_servers.hpp"

#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "common/control_path.hpp"
#include "common/system/own_path.hpp"
#include "common/text.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_plan.hpp"

namespace portlab::office {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds start_max{30};

/// A file that comes with the programs.
std::string data(const std::string& name) {
  return find_data("office/" + name, "labs/network/office/files/" + name).string();
}

std::vector<std::string> arguments_of(const Host& host) {
  // Labs hold sessions without data for longer than portlabd's default of 300 s.
  std::vector<std::string> arguments{
      "--bind",         "0.0.0.0", "--control",        control_path(host.name),
      "--idle-timeout", "86400",   "--authority-file", authority_path(host.name)};
  const auto add = [&](const char* option, const std::string& value) {
    arguments.emplace_back(option);
    arguments.push_back(value);
  };
  if (host.name == "internet") {
    add("--root", data("internet-site"));
    add("--zone", data("example.com.zone"));
    add("--zone", data("example.org.zone"));
  } else {
    add("--zone", data("office.zone"));
  }
  return arguments;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void wait_until_ready(const ServerProcess& server) {
  const auto end = Clock::now() + start_max;
  while (Clock::now() < end) {
    if (text_of(server.log).find("\nready\n") != std::string::npos) return;
    if (::waitpid(server.pid, nullptr, WNOHANG) != 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  throw CommandError(Exit::no_connection, "the office cannot come up: portlabd of " + server.host +
                                              " does not start: " + text_of(server.log));
}

}  // namespace

std::string control_path(std::string_view host) {
  return std::string(folder) + "/" + std::string(host) + "/control";
}

std::string authority_path(std::string_view host) {
  return authority_path_beside(control_path(host));
}

std::vector<ServerProcess> start_servers(const RunningOffice& office, bool verbose) {
  std::vector<ServerProcess> servers;
  for (const auto& host : hosts()) {
    if (!host.has_portlabd) continue;
    std::vector<std::string> words{(own_folder() / "portlabd").string()};
    for (auto& word : arguments_of(host)) words.push_back(std::move(word));
    const std::string name(host.name);
    if (verbose) std::fprintf(stderr, "%s$ %s &\n", name.c_str(), join(words, " ").c_str());
    const auto log = std::string(folder) + "/" + name + "/log";
    servers.push_back({name, start_in(office.host(name), words, log), log});
  }
  for (const auto& server : servers) wait_until_ready(server);
  return servers;
}

}  // namespace portlab::office
