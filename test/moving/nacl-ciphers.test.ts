/** Values that the libraries encrypt which LiteLLM uses are opened: PyNaCl’s box, and AES-256-GCM of `cryptography`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { LitellmCipher } from '../../src/moving/litellm/encrypted.ts';
import { pythonProgram } from '../programs/python-program.ts';

const run = promisify(execFile);
const installed = await pythonProgram({
  name: 'nacl-ciphers',
  packages: ['pynacl==1.6.2', 'cryptography==50.0.2'],
  modules: ['nacl', 'cryptography'],
});
const skip = 'skip' in installed ? installed.skip : false;
const PYTHON = 'python' in installed ? installed.python : '';

/** As `proxy/common_utils/encrypt_decrypt_utils.py` of litellm 1.108.7 does it, read on 2026-11-29. */
const ENCRYPT = `
import base64, hashlib, json, os, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.secret import SecretBox
texts, salt = json.loads(sys.argv[1]), sys.argv[2]
key = hashlib.sha256(salt.encode()).digest()
def gcm(text):
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), None)
    return "v2:gcm:" + base64.urlsafe_b64encode(sealed).decode()
def box(text):
    return base64.urlsafe_b64encode(bytes(SecretBox(key).encrypt(text.encode()))).decode()
print(json.dumps([[box(text), gcm(text)] for text in texts]))
`;

test('values of both ciphers are opened with their salt key and no other', { skip, timeout: 60_000 }, async () => {
  const texts = ['', 'a', 'sk-proj-0123456789', 'https://example.openai.azure.com/', 'grüße 🙂', 'x'.repeat(5_000)];
  const salt = 'sk-salt-ü';
  const { stdout } = await run(PYTHON, ['-c', ENCRYPT, JSON.stringify(texts), salt]);
  const made = JSON.parse(stdout) as [string, string][];
  assert.equal(made.length, texts.length);
  const [right, wrong] = [new LitellmCipher(salt), new LitellmCipher(`${salt} `)];
  for (const [index, values] of made.entries()) {
    for (const value of values) {
      assert.equal(right.open(value), texts[index]);
      assert.equal(wrong.open(value), undefined);
    }
  }
});
