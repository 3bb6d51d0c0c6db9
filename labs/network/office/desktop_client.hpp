#pragma once
// xfreerdp on a host of the office: in a window of the user's display, or, where there is none, in an
// Xvfb of its own, whose picture is read.

#include <chrono>
#include <string>

#include "common/endpoint.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

/// Who connects, and to where.
struct DesktopCall {
  std::string host;     ///< the client's host
  std::string server;   ///< as it is typed: "server1:3389"
  Endpoint endpoint{};  ///< its address and port
};

/// The words of xfreerdp.
std::vector<std::string> desktop_client_words(const DesktopCall& call);

/// Whether $DISPLAY is a display of this machine: the others are at TCP ports, which no host reaches.
bool has_display();

/// Shows the desktop in a window, until the window or the session is closed. After
/// join_user_namespace(). Throws a CommandError.
void show_desktop(const RunningOffice& office, const DesktopCall& call);

/// A session whose picture is not shown. Its processes end with this object.
class HiddenDesktop {
 public:
  /// Returns when the picture is complete. As show_desktop().
  HiddenDesktop(const RunningOffice& office, DesktopCall call);
  ~HiddenDesktop();
  HiddenDesktop(const HiddenDesktop&) = delete;
  HiddenDesktop& operator=(const HiddenDesktop&) = delete;

  /// The picture, in the format PNG.
  std::string picture() const;
  /// Keeps the session for this time, or until SIGINT or SIGTERM. False: the session ended first.
  bool hold(std::chrono::milliseconds time);

 private:
  void start_display();
  void start_client();
  void wait_for_picture();
  void end();

  const RunningOffice& office_;
  const DesktopCall call_;
  const std::string temporary_;   ///< /tmp of both processes; also has the picture
  int display_ = 0, client_ = 0;  ///< process ids; 0: none
};

}  // namespace portlab::office
