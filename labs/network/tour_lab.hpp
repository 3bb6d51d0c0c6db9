#pragma once
// A laboratory for the tour and the labs: a portlabd of its own, in a private network where that is
// possible.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/network/process.hpp"

namespace portlab {

class TourLab {
 public:
  /// Opens it: private network, else the real ports, else shifted ones; with these services (all
  /// where none is named), or without a portlabd. Throws a CommandError when nothing works. To be called
  /// before any thread is started.
  explicit TourLab(
      const std::optional<std::vector<std::string>>& services = std::vector<std::string>{},
      std::string_view name = "tour");
  ~TourLab();
  TourLab(const TourLab&) = delete;
  TourLab& operator=(const TourLab&) = delete;

  /// Where the visitors are: "on this machine's own ports".
  const std::string& place() const { return place_; }
  /// The default port of a service, as it is here.
  std::uint16_t port(std::uint16_t home) const { return static_cast<std::uint16_t>(home + shift_); }
  /// Whether it is a network of its own, where nothing touches the machine's.
  bool is_private() const { return private_; }
  bool shifted() const { return shift_ != 0; }
  std::uint16_t shift() const { return shift_; }
  /// ":8080" where the port must be written, "" where it is the default port.
  std::string written_port(std::uint16_t home) const;
  /// Its portlabd's control socket; $PORTLAB_CONTROL names it for all that is started here.
  const std::string& control() const { return control_; }
  /// "ended" for a server that is gone, with what it said.
  std::optional<std::string> trouble();

 private:
  bool try_to_serve(std::uint16_t shift);

  const std::vector<std::string> services_;
  std::string place_;
  bool private_ = false;
  std::uint16_t shift_ = 0;
  std::string control_;
  std::string why_not_;
  std::optional<Process> server_;
};

}  // namespace portlab
