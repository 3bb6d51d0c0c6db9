// A minimal UDP echo server: recvmmsg and sendmmsg in turn. tests/bench compares portlabd with it.
//
//   echo_udp_recvmmsg PORT   on 127.0.0.1

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { batch = 32, datagram_bytes = 65536 };

int main(int argc, char** argv) {
  static char buffers[batch][datagram_bytes];
  static struct sockaddr_in peers[batch];
  static struct iovec parts[batch];
  static struct mmsghdr messages[batch];
  if (argc != 2) return 2;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr*)&at, sizeof at) != 0) {
    perror("bind");
    return 1;
  }
  for (;;) {
    for (int i = 0; i < batch; ++i) {
      parts[i] = (struct iovec){buffers[i], datagram_bytes};
      messages[i].msg_hdr = (struct msghdr){
          .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    const int got = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
    for (int i = 0; i < got; ++i) parts[i].iov_len = messages[i].msg_len;
    if (got > 0) sendmmsg(fd, messages, (unsigned)got, 0);
  }
}
