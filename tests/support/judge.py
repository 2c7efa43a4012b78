"""A multipart/form-data server of Python's standard library only.

It judges what ferry sends with a parser that ferry's authors did not write. Any POST is answered
with JSON: method, target, headers, fields, file (name, filename, contentType, length, sha256),
parts, defects. Bodies are held in memory. It prints "listening URL" and ends with its stdin.
"""

import email.message
import email.parser
import hashlib
import http.server
import json
import os
import sys
import threading


def text(value):
    """Header text as the bytes on the wire, read as UTF-8."""
    return value.encode("latin-1", "surrogateescape").decode("utf-8")


def parameter(part, name):
    # The email package mangles raw UTF-8 in headers, so the value is decoded first.
    raw = dict((key.lower(), value) for key, value in part.raw_items())
    value = raw.get("content-disposition", "").encode("ascii", "surrogateescape").decode("utf-8")
    fresh = email.message.Message()
    fresh["content-disposition"] = value
    return fresh.get_param(name, header="content-disposition")


def judge(content_type, body):
    head = b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n"
    message = email.parser.BytesParser().parsebytes(head + body)
    result = {"fields": [], "file": None, "files": [], "parts": []}
    result["defects"] = [type(defect).__name__ for defect in message.defects]
    if not message.is_multipart():
        return result
    for part in message.get_payload():
        result["defects"] += [type(defect).__name__ for defect in part.defects]
        name = parameter(part, "name")
        filename = parameter(part, "filename")
        data = part.get_payload(decode=True)
        result["parts"].append(name)
        if filename is None:
            result["fields"].append({"name": name, "value": data.decode("utf-8")})
        else:
            result["files"].append({
                "name": name,
                "filename": filename,
                "contentType": part.get_content_type(),
                "length": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            })
    if result["files"]:
        result["file"] = result["files"][0]
    return result


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, answer = 200, judge(self.headers.get("Content-Type", ""), body)
        except Exception as error:
            status, answer = 400, {"error": repr(error)}
        answer["method"] = self.command
        answer["target"] = self.path
        answer["headers"] = [[name, text(value)] for name, value in self.headers.items()]
        answer["bodyLength"] = len(body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    server.serve_forever()


main()
