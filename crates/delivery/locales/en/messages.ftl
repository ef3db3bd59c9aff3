### What Daftar writes, in English. A short message (…-sms) must fit one segment of 160 characters of the GSM 03.38 alphabet,
### with a brand of 20 characters: no typographic quotes or dashes there.

greeting = Hello { $name },
greeting-nameless = Hello,
footer = { $brand } sent this mail automatically. Replies are not read.
code-lasts = The code works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}. Never share it: { $brand } will not ask you for it.

## The code and link that finish a registration

signup-subject = Confirm your { $brand } account
signup-heading = Confirm your e-mail address
signup-intro = Thank you for registering with { $brand }. One step is left: confirm that this address is yours.
signup-button = Confirm my address
signup-link-intro = Open this link to confirm it:
signup-link-instead = If the button does nothing, open this link:
signup-link-lasts = The link works for { $link_minutes ->
    [one] one minute
   *[other] { $link_minutes } minutes
}, and once.
signup-code-instead = Or type this code where you registered:
signup-code-intro = Type this code where you registered:
signup-not-you = You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and no account is made with it, or open the link and choose “This was not me” to end the registration at once.
signup-not-you-linkless = You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and no account is made with it.
signup-sms = { $code } is your { $brand } code. It works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}. Never share it.

## The link by which a customer whom a partner registers confirms the address; the words around the link are those of a registration

customer-subject = Confirm your e-mail address for { $brand }
customer-intro = You are being registered with { $brand }, and this address was given as yours. To confirm it, open the page below and press the button there. Then go on in the app where you registered.
customer-not-you = You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and the address is not confirmed, or open the link and choose “This was not me” to end the registration at once.

## A code that somebody asked for who has an account; by mail it speaks of the address, by short message of the number

code-subject = { $use ->
    [reset] Choose a new password for { $brand }
    [contact] Confirm your e-mail address for { $brand }
   *[sign-in] Your code to sign in to { $brand }
}
code-heading = { $use ->
    [reset] Choose a new password
    [contact] Confirm your e-mail address
   *[sign-in] Sign in to your account
}
code-intro = { $use ->
    [reset] Type this code to choose a new password for your { $brand } account:
    [contact] Type this code to put this e-mail address on your { $brand } account:
   *[sign-in] Type this code to sign in to your { $brand } account:
}
code-not-you = { $use ->
    [reset] You did not ask for a new password? Then somebody may have typed your address. Nobody can change your password without this code: do not pass it on.
    [contact] You did not ask for this? Then ignore this mail, and nothing changes.
   *[sign-in] You did not ask for this code? Then somebody may have typed your address. Ignore this mail: nobody can use the code as long as you do not pass it on.
}
code-sms = { $code } is your code to { $use ->
    [reset] choose a new { $brand } password
    [contact] put this number on your { $brand } account
   *[sign-in] sign in to { $brand }
}. It works for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}. Never share it.

## A password that was made up for somebody who chose none

password-subject = The password of your { $brand } account
password-heading = Your password
password-intro = You chose no password for your { $brand } account, so we made one up. Sign in with it:
password-advice = You can change it at any time: choose “Forgot password” where you sign in. Keep this password to yourself: nobody from { $brand } will ask you for it.
password-not-you = You did not do this? Then somebody may be signed in to your account: choose a new password at once and contact { $brand } support.
password-sms = { $password } is your { $brand } password. We made it up, because you chose none. You can change it at any time. Keep it to yourself.

## A contact left the account, because somebody else proved it

contact-lost-subject = { $contact ->
    [phone] A phone number
   *[email] An e-mail address
} was removed from your { $brand } account
contact-lost-heading = { $contact ->
    [phone] A phone number was removed
   *[email] An e-mail address was removed
}
contact-lost-body = { $masked } was on your { $brand } account but was never confirmed there. Somebody else has now proven that it is theirs, so it was removed from your account.
contact-lost-advice = Your account and your password are unchanged. If you think that this is a mistake, contact { $brand } support.
contact-lost-sms = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} was removed from your { $brand } account: its owner has confirmed it. A mistake? Contact support.

## A contact of the account was changed; told to the old one

contact-changed-subject = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} of your { $brand } account was changed
contact-changed-heading = { $contact ->
    [phone] Your phone number was changed
   *[email] Your e-mail address was changed
}
contact-changed-body = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} of your { $brand } account has just been changed. We tell you at the old one, so that nobody can do this without your knowledge.
contact-changed-advice = If this was you, there is nothing to do. If it was not, change your password at once and contact { $brand } support.
contact-changed-sms = The { $contact ->
    [phone] phone number
   *[email] e-mail address
} of your { $brand } account was changed. Not you? Change your password and contact support.
