import smtplib
import socket
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from config.settings import ROOT


def test_each_mail_becomes_one_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        script = (
            "import socket, sys; from pathlib import Path; from grants.operate.mailsink import receive;"
            "receive(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))"
        )
        command = [sys.executable, "-c", script, str(number), str(tmp_path / "courrier reçu")]
        with subprocess.Popen(command, cwd=ROOT, pass_fds=[number]) as sink:
            for subject in ("Accusé de réception", "إيصال"):
                mail = EmailMessage()
                mail["From"], mail["To"], mail["Subject"] = "no-reply@example.org", "a@example.org", subject
                mail.set_content(f"{subject}\n.\nfin")
                with smtplib.SMTP("127.0.0.1", listening.getsockname()[1], timeout=30) as client:
                    client.send_message(mail)
            sink.terminate()
            assert sink.wait(10) == 0
    files = sorted((tmp_path / "courrier reçu").iterdir())
    assert [one.suffix for one in files] == [".eml", ".eml"]
    mails = [message_from_bytes(one.read_bytes(), policy=policy.default) for one in files]
    assert [mail["Subject"] for mail in mails] == ["Accusé de réception", "إيصال"]
    assert mails[0].get_content().splitlines() == ["Accusé de réception", ".", "fin"]
