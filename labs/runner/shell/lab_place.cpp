#include "labs/runner/shell/lab_place.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

#include "clients/cli/command_error.hpp"
#include "common/system/own_path.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/host_tables.hpp"
#include "labs/network/office/keeper.hpp"
#include "labs/network/process.hpp"
#include "labs/runner/model/port_shift.hpp"

namespace portlab::labs {

namespace {

std::string first_host_of(const Lab& lab) {
  for (const auto& part : lab.parts)
    if (const auto* activity = std::get_if<Activity>(&part.task)) return activity->host;
  return {};
}

/// "the office needs ip, not installed here. Try: sudo apt-get install iproute2".
std::string with_advice(const CommandError& failure) {
  return failure.reason() + (failure.advice().empty() ? "" : ". Try: " + failure.advice());
}

}  // namespace

LabPlace::LabPlace(const Lab& lab) {
  if (lab.has_office && office::is_inside())
    throw CommandError(Exit::no_connection,
                       "this lab starts an office of its own, and this shell is in one",
                       "exit, then portlab " + lab.command());
  if (lab.has_office) start_office(lab);
  if (!office_) network_.emplace(lab.servers, "lab");
}

LabPlace::~LabPlace() {
  if (office_) office::end_office(*office_);
}

void LabPlace::start_office(const Lab& lab) {
  // One office for each process of a lab: two labs do not meet.
  const auto name = "lab-" + std::to_string(::getpid());
  office::extend_path();
  try {
    office::start_office(name, false, office::Lifetime::with_starter);
    office_ = office::find_office(name);
    if (!office_) throw CommandError(Exit::no_connection, "the office has ended");
    // Before this process has the privileges of the office's hosts, which are fewer.
    for (const auto& server : lab.office_with) start_server(server);
    office::join_user_namespace(*office_);
    // For `portlab office …`, which finds itself in this user namespace already.
    if (!office::keep_office_capabilities().ok())
      throw CommandError(Exit::no_connection, "the office's privileges cannot be kept");
    first_host_ = first_host_of(lab);
  } catch (const CommandError& failure) {
    no_office_ = with_advice(failure);
  }
}

/// In another process, because it moves to the networks of the hosts.
void LabPlace::start_server(const std::string& name) {
  constexpr std::chrono::seconds start_max{60};
  try {
    office::expect_extra_programs({office::find_extra(name)});
    Process up("portlab", {"office", "--name", office_->name, "up", "--with", name});
    if (up.wait(start_max) != 0) no_servers_[name] = name + " does not start: " + up.output();
  } catch (const CommandError& failure) {
    no_servers_[name] = with_advice(failure);
  }
}

Lab LabPlace::adapted(const Lab& lab) const {
  if (!no_office_.empty()) return without_office(lab);
  auto adapted = adapted_lab(lab, is_private(), shift());
  for (const auto& server : no_servers_) {
    const auto& name = server.first;
    adapted = without_server(adapted, name == "smb" ? Need::smb : Need::rdp,
                             name + ", which this machine lacks (portlab office up --with " + name +
                                 " says what to install)");
  }
  return adapted;
}

std::string LabPlace::description() const {
  if (office_) {
    std::string text =
        "in an office of its own: nothing here uses this machine's network, and the office ends "
        "with the lab";
    for (const auto& missing : no_servers_) text += ". A server is missing: " + missing.second;
    return text;
  }
  if (no_office_.empty()) return network_->description();
  return "without its office, and shows what you would see: " + no_office_;
}

std::optional<std::string> LabPlace::failure() {
  if (!office_) return network_->failure();
  pollfd ended{office_->process.get(), POLLIN, 0};
  if (::poll(&ended, 1, 0) <= 0) return std::nullopt;
  return "the lab's office has ended";
}

std::vector<std::string> LabPlace::words_before(const std::string& host) const {
  if (!office_) return {};
  return {(own_folder() / "portlab").string(), "office", "--name", office_->name, "enter", host};
}

std::map<std::string, SocketTable> LabPlace::socket_tables() const {
  if (office_) return office::read_host_tables(*office_);
  std::map<std::string, SocketTable> tables;
  tables.emplace("", read_socket_table());
  return tables;
}

std::optional<office::RouterPorts> LabPlace::router_ports() const {
  if (!office_) return std::nullopt;
  auto ports = office::read_router_ports(*office_);
  return ports ? std::optional(std::move(*ports)) : std::nullopt;
}

}  // namespace portlab::labs
