#include "labs/network/lab_network.hpp"

#include <stdlib.h>

#include <chrono>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "clients/net/server_place.hpp"
#include "common/control_path.hpp"
#include "common/port.hpp"
#include "common/system/private_network.hpp"

namespace portlab {

namespace {

/// "http=21" as "http=8021": portlabd --shift moves only the default ports.
std::string shifted_service(const std::string& service, std::uint16_t shift) {
  const auto before = service.find_last_of("=:");
  if (before == std::string::npos) return service;
  const auto port = parse_port(service.substr(before + 1));
  if (!port) return service;
  return service.substr(0, before + 1) + std::to_string(shifted_port(*port, shift));
}

}  // namespace

void set_long_idle_timeout() {
  constexpr std::chrono::seconds idle_max = std::chrono::hours(24);
  ::setenv("PORTLABD_IDLE_TIMEOUT", std::to_string(idle_max.count()).c_str(), 1);
}

std::uint16_t shifted_port(std::uint16_t port, std::uint16_t shift) {
  const bool moves = port != 0 && category_of(port) == PortCategory::well_known;
  return moves ? static_cast<std::uint16_t>(port + shift) : port;
}

void set_private_environment(const std::string& control) {
  ::setenv("PORTLAB_PRIVATE", "1", 1);
  // Of curl: there are no other servers in a private network. Not $SSL_CERT_FILE, which portlab reads
  // as well: labs show what a client without the authority says.
  ::setenv("CURL_CA_BUNDLE", authority_path_beside(control).c_str(), 1);
}

LabNetwork::LabNetwork(const std::optional<std::vector<std::string>>& services,
                       std::string_view name)
    : control_(control_path_for(std::string(name))) {
  const auto places = server_places();
  ::setenv("PORTLAB_CONTROL", control_.c_str(), 1);
  ::unsetenv("PORTLAB_DNS");  // a server outside of this network
  set_long_idle_timeout();
  private_ = places.front().is_private && enter_private_network().has_value();
  if (private_) set_private_environment(control_);
  if (!services) return;
  std::optional<std::string> error;
  for (const auto& place : places) {
    shift_ = place.shift;
    error = start_server(*services);
    if (!error) return;
  }
  throw CommandError(Exit::no_connection, "the lab's servers do not start: " + *error,
                     "portlabd --shift 8000 (its messages say more)");
}

std::optional<std::string> LabNetwork::start_server(const std::vector<std::string>& services) {
  constexpr std::chrono::seconds start_max{30};
  std::vector<std::string> arguments{"--control", control_,  "--log",
                                     "none",      "--shift", std::to_string(shift_)};
  if (private_) {
    arguments.emplace_back("--authority-file");
    arguments.push_back(authority_path_beside(control_));
  }
  for (const auto& service : services) arguments.push_back(shifted_service(service, shift_));
  server_.emplace("portlabd", arguments);
  const auto end = std::chrono::steady_clock::now() + start_max;
  while (std::chrono::steady_clock::now() < end) {
    if (server_->output().find("\nready\n") != std::string::npos) return std::nullopt;
    if (server_->ended()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const auto error = server_->output();
  server_.reset();
  return error;
}

std::string LabNetwork::description() const {
  if (private_) return "in a private network: nothing here uses this machine's ports";
  const std::string own = "on this machine's own ports";
  return shift_ == 0 ? own : own + ", those below 1024 moved up by " + std::to_string(shift_);
}

std::optional<std::string> LabNetwork::failure() {
  if (!server_ || !server_->ended()) return std::nullopt;
  return "the lab's servers ended: " + server_->output();
}

}  // namespace portlab
