// A minimal TCP echo server: one epoll loop, one buffer. tests/bench compares portlabd with it.
//
//   echo_tcp_epoll PORT      on 127.0.0.1

#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "listen_on.h"

enum { events_max = 256, buffer_bytes = 65536 };

static void accept_all(int epoll, int listener) {
  for (;;) {
    const int on = 1;
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void echo(int fd) {
  static char buffer[buffer_bytes];
  const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  // A partial send closes the connection: the load never sends more than the socket buffer holds.
  if (got <= 0 || send(fd, buffer, (size_t)got, MSG_NOSIGNAL) != got) close(fd);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = listen_on(atoi(argv[1]));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  struct epoll_event events[events_max];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    const int count = epoll_wait(epoll, events, events_max, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener)
        accept_all(epoll, listener);
      else
        echo(events[i].data.fd);
    }
  }
}
