#include "labs/page/page_target.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "clients/cli/command_error.hpp"
#include "clients/cli/net_error.hpp"
#include "clients/net/control_client.hpp"
#include "common/control_path.hpp"
#include "common/system/private_network.hpp"
#include "labs/network/office/running_office.hpp"
#include "labs/network/running_lab.hpp"

namespace portlab {

namespace {

/// A request that takes longer than this does not hold the page up.
constexpr std::chrono::milliseconds answer_max{1000};

constexpr const char* default_office = "office";

PageTarget target_of(const RunningLab& lab) {
  PageTarget target{.kind = PageTarget::Kind::lab,
                    .name = lab.name,
                    .command = "portlab page --lab " + lab.word()};
  target.control = lab.control;
  target.office = lab.office;
  target.pid = lab.pid;
  target.is_private = !lab.office.empty() || !shares_network_with(lab.pid).value_or(true);
  return target;
}

PageTarget office_target(const std::string& name) {
  const bool is_default = name == default_office;
  PageTarget target{
      .kind = PageTarget::Kind::office,
      .name = is_default ? "the office" : "the office " + name,
      .command = is_default ? "portlab page --office" : "portlab page --name " + name};
  target.office = name;
  target.is_private = true;
  return target;
}

/// Throws a CommandError where no portlabd answers.
PageTarget server_target(const std::string& control) {
  const auto answer = ask_server(control, {ControlCommand::status, {}}, answer_max);
  const auto pid = answer.server_pid != 0 ? answer.server_pid : answer.reply.status.pid;
  PageTarget target{.kind = PageTarget::Kind::portlabd,
                    .name = "portlabd (process " + std::to_string(pid) + ")",
                    .command = "portlab page --control " + shell_word(control)};
  target.control = control;
  target.pid = pid;
  target.is_private = !is_in_our_network(control, pid);
  return target;
}

PageTarget expect_office(const std::string& name) {
  if (!office::find_office(name))
    throw CommandError(
        Exit::no_connection, "the office '" + name + "' is not up",
        name == default_office ? "portlab office up" : "portlab office --name " + name + " up");
  return office_target(name);
}

std::vector<PageTarget> all_targets() {
  std::vector<PageTarget> targets;
  for (const auto& lab : running_labs()) targets.push_back(target_of(lab));
  const auto is_known = [&](auto member, const std::string& value) {
    return std::ranges::count(targets, value, member) != 0;
  };
  for (const auto& name : office::office_names())
    if (!is_known(&PageTarget::office, name)) targets.push_back(office_target(name));
  const auto control = find_control_path();
  try {
    if (!is_known(&PageTarget::control, control)) targets.push_back(server_target(control));
  } catch (const CommandError&) {
    // None runs there.
  }
  // The newest first; but a server that $PORTLAB_CONTROL names is meant, whatever else runs.
  if (std::getenv("PORTLAB_CONTROL") != nullptr)
    std::stable_partition(targets.begin(), targets.end(),
                          [&](const PageTarget& target) { return target.control == control; });
  return targets;
}

}  // namespace

std::vector<PageTarget> find_page_targets(const PageChoice& choice) {
  if (!choice.control.empty()) return {server_target(choice.control)};
  if (!choice.lab.empty()) return {target_of(find_lab(running_labs(), choice.lab, "portlab page"))};
  if (!choice.office.empty()) return {expect_office(choice.office)};
  auto targets = all_targets();
  if (targets.empty())
    throw CommandError(Exit::no_connection, "no lab, no office and no portlabd of yours is running",
                       "portlab lab 3 (in another terminal; also portlab office up, or portlabd "
                       "--private), then portlab page");
  return targets;
}

std::optional<PageTarget> find_again(const PageTarget& ended) {
  if (ended.kind != PageTarget::Kind::lab) return std::nullopt;
  for (const auto& lab : running_labs())
    if (lab.name == ended.name && lab.pid != ended.pid) return target_of(lab);
  return std::nullopt;
}

FileDescriptor parent_of(const PageTarget& lab) {
  if (lab.kind != PageTarget::Kind::lab) return {};
  std::ifstream status("/proc/" + std::to_string(lab.pid) + "/status");  // proc_pid_status(5)
  for (std::string word; status >> word;)
    if (pid_t parent = 0; word == "PPid:" && status >> parent)
      return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, parent, 0)));
  return {};
}

Endpoint http_listener(const std::string& control) {
  std::error_code unknown;
  if (!std::filesystem::exists(control, unknown))
    throw CommandError(Exit::no_connection,
                       "no portlabd runs there, and the live page is a part of its service http",
                       "portlabd, in a shell of that network: portlab enter");
  const auto answer = ask_server(control, {ControlCommand::listeners, {}}, answer_max);
  for (const auto& row : answer.reply.listeners) {
    if (row.service != "http" || row.endpoint.transport != Transport::tcp) continue;
    auto at = row.endpoint;
    if (at.address.is_unspecified())
      at.address = at.address.is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                                      : asio::ip::address(asio::ip::address_v4::loopback());
    return at;
  }
  throw CommandError(Exit::no_connection,
                     "portlabd has no http listener now, and the live page is a part of http",
                     "portlab server listen http, in a shell of that network: portlab enter");
}

}  // namespace portlab
