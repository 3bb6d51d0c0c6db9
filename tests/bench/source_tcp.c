// Sends zeros to each TCP connection without end: the target of tests/bench for transfers.
//
//   source_tcp PORT      on 127.0.0.1

#define _GNU_SOURCE
#include <sys/epoll.h>
#include <unistd.h>

#include "listen_on.h"

enum { events_max = 256, buffer_bytes = 262144 };

int main(int argc, char** argv) {
  static char zeros[buffer_bytes];
  if (argc != 2) return 2;
  const int listener = listen_on(atoi(argv[1]));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  struct epoll_event events[events_max];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    const int count = epoll_wait(epoll, events, events_max, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        event.events = EPOLLOUT;
        if (event.data.fd >= 0) epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
      } else if (send(fd, zeros, sizeof zeros, MSG_NOSIGNAL) <= 0) {
        close(fd);
      }
    }
  }
}
