"""Checks a mail's DKIM signature with dkimpy. Standard input: {"mail": base64, "records": {name: text}}; standard output: {"holds", "why"}."""

import base64
import json
import logging
import sys

import dkim

asked = json.load(sys.stdin)
records = {f"{name}.": text.encode() for name, text in asked["records"].items()}
log = []


class Keep(logging.Handler):
    def emit(self, record):
        log.append(record.getMessage())


logger = logging.getLogger("check")
logger.addHandler(Keep())
mail = base64.b64decode(asked["mail"])
holds = dkim.verify(mail, logger=logger, dnsfunc=lambda name, timeout=5: records.get(name.decode() if isinstance(name, bytes) else name))
print(json.dumps({"holds": holds, "why": log}))
