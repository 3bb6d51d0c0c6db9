#include "labs/network/lab_network.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "common/control_protocol.hpp"
#include "common/port.hpp"
#include "common/system/private_network.hpp"

namespace portlab {

namespace {

/// Beside the default control socket, which another portlabd of this user may have.
std::string control_path_for(std::string_view name) {
  return default_control_path() + "-" + std::string(name) + "-" + std::to_string(::getpid());
}

/// "http=21" as "http=8021": portlabd --shift moves only the default ports.
std::string shifted_service(const std::string& service, std::uint16_t shift) {
  const auto before = service.find_last_of("=:");
  if (before == std::string::npos) return service;
  const auto port = parse_port(service.substr(before + 1));
  if (!port) return service;
  return service.substr(0, before + 1) + std::to_string(shifted_port(*port, shift));
}

}  // namespace

std::uint16_t shifted_port(std::uint16_t port, std::uint16_t shift) {
  const bool moves = port != 0 && category_of(port) == PortCategory::well_known;
  return moves ? static_cast<std::uint16_t>(port + shift) : port;
}

LabNetwork::LabNetwork(const std::optional<std::vector<std::string>>& services,
                       std::string_view name)
    : services_(services.value_or(std::vector<std::string>{})), control_(control_path_for(name)) {
  ::setenv("PORTLAB_CONTROL", control_.c_str(), 1);
  private_ = enter_private_network().has_value();
  if (private_) ::setenv("PORTLAB_PRIVATE", "1", 1);
  description_ = private_ ? "in a private network: nothing here uses this machine's ports"
                          : "on this machine's own ports";
  if (!services || start_server(0)) return;
  if (!private_) {
    constexpr std::array<std::uint16_t, 3> shifts{8000, 18000, 28000};
    for (const auto shift : shifts) {
      description_ =
          "on this machine's own ports, those below 1024 moved up by " + std::to_string(shift);
      if (start_server(shift)) return;
    }
  }
  throw CommandError(Exit::no_connection, "the lab's servers do not start: " + server_error_,
                     "portlabd --shift 8000 (its messages say more)");
}

bool LabNetwork::start_server(std::uint16_t shift) {
  constexpr std::chrono::seconds start_max{10};
  shift_ = shift;
  std::vector<std::string> arguments{"--control", control_,  "--log",
                                     "none",      "--shift", std::to_string(shift)};
  for (const auto& service : services_) arguments.push_back(shifted_service(service, shift));
  server_.emplace("portlabd", arguments);
  const auto end = std::chrono::steady_clock::now() + start_max;
  while (std::chrono::steady_clock::now() < end) {
    if (server_->output().find("\nready\n") != std::string::npos) return true;
    if (server_->ended()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  server_error_ = server_->output();
  server_.reset();
  return false;
}

std::string LabNetwork::port_suffix(std::uint16_t default_port) const {
  return shift_ == 0 ? "" : ":" + std::to_string(port(default_port));
}

std::optional<std::string> LabNetwork::failure() {
  if (!server_ || !server_->ended()) return std::nullopt;
  return "the lab's servers ended: " + server_->output();
}

}  // namespace portlab
