#include "labs/network/tour_lab.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <system_error>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "common/control_protocol.hpp"
#include "common/system/private_network.hpp"

namespace portlab {

namespace {

/// Beside the control socket of the portlabd that may be running already.
std::string own_control_path(std::string_view name) {
  return default_control_path() + "-" + std::string(name) + "-" + std::to_string(::getpid());
}

/// "http=21" with its port moved up, as --shift moves those that are not written.
std::string moved_up(const std::string& service, std::uint16_t shift) {
  constexpr unsigned first_registered = 1024;
  const auto before = service.find_last_of("=:");
  if (before == std::string::npos) return service;
  const auto digits = std::string_view(service).substr(before + 1);
  unsigned port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failed != std::errc{} || end != digits.data() + digits.size()) return service;
  if (port == 0 || port >= first_registered) return service;
  return service.substr(0, before + 1) + std::to_string(port + shift);
}

}  // namespace

TourLab::TourLab(const std::optional<std::vector<std::string>>& services, std::string_view name)
    : services_(services.value_or(std::vector<std::string>{})), control_(own_control_path(name)) {
  ::setenv("PORTLAB_CONTROL", control_.c_str(), 1);
  auto possible = private_network_possible();
  if (possible) possible = enter_private_network();
  private_ = possible.has_value();
  if (possible) {
    place_ = "in a private network of its own: nothing here touches this machine's ports";
    ::setenv("PORTLAB_PRIVATE", "1", 1);
    if (!services || try_to_serve(0)) return;
  } else {
    place_ = "on this machine's own ports";
    if (!services || try_to_serve(0)) return;
    constexpr std::array<std::uint16_t, 3> shifts{8000, 18000, 28000};
    for (const auto shift : shifts) {
      place_ = "on this machine's own ports, each moved up by " + std::to_string(shift);
      if (try_to_serve(shift)) return;
    }
  }
  throw CommandError(Exit::no_connection, "the lab's servers do not start: " + why_not_,
                     "portlabd --shift 8000, which says more");
}

TourLab::~TourLab() = default;

bool TourLab::try_to_serve(std::uint16_t shift) {
  constexpr std::chrono::seconds patience{10};
  shift_ = shift;
  std::vector<std::string> arguments{"--control", control_,  "--log",
                                     "none",      "--shift", std::to_string(shift)};
  for (const auto& service : services_) arguments.push_back(moved_up(service, shift));
  server_.emplace("portlabd", arguments);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    if (server_->output().find("\nready\n") != std::string::npos) return true;
    if (server_->ended()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  why_not_ = server_->output();
  server_.reset();
  return false;
}

std::string TourLab::written_port(std::uint16_t home) const {
  return shifted() ? ":" + std::to_string(port(home)) : "";
}

std::optional<std::string> TourLab::trouble() {
  if (!server_ || !server_->ended()) return std::nullopt;
  return "the lab's servers ended: " + server_->output();
}

}  // namespace portlab
