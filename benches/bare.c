/*
 * The least a client can do: plain sockets, one loop, no checks beyond the status line. What ferry and curl are
 * held against.
 *
 *   bare get PORT PATH FILE               one download to a file
 *   bare put PORT PATH FILE               one upload, multipart
 *   bare get-many PORT PATH FOLDER N      N downloads to FOLDER/1 …, ten connections
 *   bare put-many PORT PATH FILE N        N uploads of the file, ten connections
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_A_TIME 10
#define BUFFER ((size_t)512 * 1024)
#define BOUNDARY "------------------------bare"
#define FORM_HEAD \
  "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n" \
  "Content-Type: application/octet-stream\r\n\r\n"
#define FORM_TAIL "\r\n--" BOUNDARY "--\r\n"

static char buffer[BUFFER];

static void die(const char *what)
{
  perror(what);
  exit(1);
}

static void check(int good, const char *what)
{
  if (!good)
    die(what);
}

static int connected(int port)
{
  struct sockaddr_in address = {0};
  int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void write_all(int fd, const char *bytes, size_t count)
{
  while (count > 0) {
    ssize_t written = write(fd, bytes, count);
    check(written > 0, "write");
    bytes += written;
    count -= (size_t)written;
  }
}

static void ask(int fd, const char *path)
{
  char request[512];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n", path);
  write_all(fd, request, (size_t)length);
}

/* Reads a response's head; the bytes of the body behind it are at *body. Its whole length. */
static long long response(int fd, char **body, size_t *count)
{
  size_t have = 0;
  char *end, *length;
  do {
    ssize_t got = recv(fd, buffer + have, BUFFER - 1 - have, 0);
    check(got > 0, "recv");
    have += (size_t)got;
    buffer[have] = '\0';
    end = strstr(buffer, "\r\n\r\n");
  } while (end == NULL);
  check(strncmp(buffer, "HTTP/1.1 200", 12) == 0, "status");
  length = strcasestr(buffer, "content-length:");
  check(length != NULL && length < end, "content-length");
  *body = end + 4;
  *count = have - (size_t)(*body - buffer);
  return atoll(length + 15);
}

static void receive(int fd, const char *file)
{
  char *body;
  size_t count;
  long long left = response(fd, &body, &count);
  int out = file == NULL ? -1 : open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  check(file == NULL || out >= 0, file == NULL ? "" : file);
  for (;;) {
    if (out >= 0)
      write_all(out, body, count);
    left -= (long long)count;
    if (left <= 0)
      break;
    ssize_t got = recv(fd, buffer, BUFFER, 0);
    check(got > 0, "recv");
    body = buffer;
    count = (size_t)got;
  }
  if (out >= 0)
    close(out);
}

static void offer(int fd, const char *path, const char *file)
{
  char head[1024];
  struct stat info;
  int length, in = open(file, O_RDONLY);
  long long left;
  check(in >= 0 && fstat(in, &info) == 0, file);
  length = snprintf(head, sizeof head,
                    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=" BOUNDARY
                    "\r\nContent-Length: %lld\r\n\r\n" FORM_HEAD,
                    path, (long long)info.st_size + (long long)(sizeof FORM_HEAD + sizeof FORM_TAIL - 2));
  write_all(fd, head, (size_t)length);
  for (left = info.st_size; left > 0;) {
    ssize_t got = read(in, buffer, BUFFER);
    check(got > 0, "read");
    write_all(fd, buffer, (size_t)got);
    left -= got;
  }
  write_all(fd, FORM_TAIL, sizeof FORM_TAIL - 1);
  close(in);
}

static void many(int port, const char *path, const char *folder, const char *file, int count)
{
  struct pollfd polled[AT_A_TIME];
  int number[AT_A_TIME], asked = 0, done = 0, i;
  char name[4096];
  for (i = 0; i < AT_A_TIME; i++) {
    polled[i].fd = connected(port);
    polled[i].events = POLLIN;
    number[i] = 0;
  }
  while (done < count) {
    for (i = 0; i < AT_A_TIME; i++) {
      if (number[i] == 0 && asked < count) {
        number[i] = ++asked;
        if (file != NULL)
          offer(polled[i].fd, path, file);
        else
          ask(polled[i].fd, path);
      }
    }
    check(poll(polled, AT_A_TIME, -1) > 0, "poll");
    for (i = 0; i < AT_A_TIME; i++) {
      if (number[i] != 0 && polled[i].revents != 0) {
        if (folder != NULL)
          snprintf(name, sizeof name, "%s/%d", folder, number[i]);
        receive(polled[i].fd, folder == NULL ? NULL : name);
        number[i] = 0;
        done++;
      }
    }
  }
}

int main(int argc, char **argv)
{
  int port = argc > 2 ? atoi(argv[2]) : 0;
  if (argc == 5 && strcmp(argv[1], "get") == 0) {
    int fd = connected(port);
    ask(fd, argv[3]);
    receive(fd, argv[4]);
  } else if (argc == 5 && strcmp(argv[1], "put") == 0) {
    int fd = connected(port);
    offer(fd, argv[3], argv[4]);
    receive(fd, NULL);
  } else if (argc == 6 && strcmp(argv[1], "get-many") == 0) {
    many(port, argv[3], argv[4], NULL, atoi(argv[5]));
  } else if (argc == 6 && strcmp(argv[1], "put-many") == 0) {
    many(port, argv[3], NULL, argv[4], atoi(argv[5]));
  } else {
    fprintf(stderr, "usage: bare get|put PORT PATH FILE, bare get-many|put-many PORT PATH FOLDER|FILE N\n");
    return 2;
  }
  return 0;
}
