"""entaku.work.serve: what the server on localhost does with readers (the answers themselves: test_feeds_edge, test_rows)."""

import socket
import threading

from entaku.work.serve import open_server


def test_a_reader_who_goes_before_all_is_sent_is_no_error(tmp_path, capfd):
    (tmp_path / "large.csv").write_bytes(b"0" * (32 << 20))
    server = open_server(tmp_path, 0)
    server.daemon_threads = False  # server_close waits for the answer
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection(server.server_address[:2]) as reader:
        reader.sendall(b"GET /large.csv HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert reader.recv(100).startswith(b"HTTP/1.0 200")
    server.shutdown()
    server.server_close()
    thread.join()
    assert capfd.readouterr().err == ""
