// Passkeys. Nothing else on the site needs JavaScript: a browser talks to authenticators through
// no form. Where it can, this marks the document, which shows the forms with `data-passkey`
// (style/forms.css), and runs them: asks the server what to ask for, asks the browser for it, and
// brings the answer back.

const CEREMONIES = {
  'log-in': { begin: 'begin-passkey-log-in', finish: 'log-in-with-passkey', ask: use },
  step: { begin: 'begin-passkey-step', finish: 'finish-log-in-with-passkey', ask: use },
  prove: { begin: 'begin-passkey-proof', finish: 'confirm-with-passkey', ask: use },
  add: { begin: 'begin-adding-passkey', finish: 'add-passkey', ask: make },
};

// What the server answers, in words.
const REFUSALS = {
  passkey_refused: 'That passkey is not accepted here, or it took too long. Try again.',
  not_found: 'Your account has no passkey.',
  too_many: 'That was tried too often. Wait a while, then try again.',
  invalid: 'Give it a name of 1 to 64 characters. An account has at most 20 passkeys.',
};

// What a browser says, in words: the names are those of WebAuthn.
const FAULTS = {
  NotAllowedError: 'It was cancelled, or took too long, or there is no passkey for it on this device.',
  AbortError: 'It was cancelled.',
  InvalidStateError: 'This device has a passkey for your account already.',
  NotSupportedError: 'This device cannot keep a passkey.',
  ConstraintError: 'This device cannot check that it is you: it needs a PIN, a finger or a face.',
  SecurityError: 'This browser takes no passkeys at this address.',
  Offline: 'The server cannot be reached. Try again in a moment.',
};

// A passkey is bound to a name; an address that is a number has none.
const isNumber = /^[\d.]+$|^\[/.test(location.hostname);

if (window.PublicKeyCredential && navigator.credentials && !isNumber) {
  document.documentElement.dataset.passkeys = '';
  document.addEventListener('submit', (event) => {
    const form = event.target.closest('form[data-passkey]');
    if (form === null) return;
    event.preventDefault();
    run(form);
  });
}

async function run(form) {
  const button = form.querySelector('button');
  const says = form.querySelector('[role=alert]');
  if (button.getAttribute('aria-busy')) return;
  button.setAttribute('aria-busy', 'true');
  says.textContent = '';
  try {
    const { begin, finish, ask } = CEREMONIES[form.dataset.passkey];
    const fields = contents(form);
    const answer = await ask(await call(begin, fields));
    const done = await call(finish, { ...fields, answer: JSON.stringify(answer) });
    // Where somebody logs in in place of a page, the page takes it from here.
    const said = new CustomEvent('loggedin', { bubbles: true, cancelable: true });
    if (form.dispatchEvent(said)) location.assign(done.to);
  } catch (fault) {
    button.removeAttribute('aria-busy');
    // The page asks for a proof, or for a log-in, when it is loaded anew.
    if (fault.code === 'recent_login_needed' || fault.code === 'unauthenticated') location.reload();
    says.textContent = REFUSALS[fault.code] ?? FAULTS[fault.name] ?? 'Something went wrong. Try again.';
  }
}

// The form's own fields; for a log-in also those of the form for passwords that say the same.
function contents(form) {
  const fields = Object.fromEntries(new FormData(form));
  for (const name of ['next', 'keep']) {
    const input = document.querySelector(`input[name=${name}]`);
    if (input && (input.type !== 'checkbox' || input.checked)) fields[name] ??= input.value;
  }
  return fields;
}

async function call(name, fields) {
  let answer;
  let body;
  try {
    answer = await fetch(`/rpc/${name}`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(fields),
    });
    body = await answer.json();
  } catch {
    throw Object.assign(new Error(name), { name: 'Offline' });
  }
  if (answer.ok) return body;
  const code = typeof body === 'string' ? body : Object.keys(body ?? {})[0];
  throw Object.assign(new Error(name), { code });
}

async function make(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map(withBytes),
  };
  const made = await navigator.credentials.create({ publicKey });
  return written(made, ['clientDataJSON', 'attestationObject']);
}

async function use(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: (options.allowCredentials ?? []).map(withBytes),
  };
  const used = await navigator.credentials.get({ publicKey });
  return written(used, ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle']);
}

// A credential as JSON. Written by hand, since password managers that stand in for the browser
// have no `toJSON`, or one that fails.
function written(credential, parts) {
  const response = {};
  for (const part of parts) {
    if (credential.response[part]) response[part] = base64url(credential.response[part]);
  }
  return { id: credential.id, rawId: base64url(credential.rawId), type: credential.type, response };
}

function withBytes(descriptor) {
  return { ...descriptor, id: bytes(descriptor.id) };
}

function bytes(text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function base64url(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
