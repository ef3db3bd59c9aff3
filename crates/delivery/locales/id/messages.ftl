### What Daftar writes, in Indonesian. A short message (…-sms) must fit one segment of 160 characters of the GSM 03.38 alphabet,
### with a brand of 20 characters. Indonesian has one plural form.

greeting = Halo { $name },
greeting-nameless = Halo,
footer = Email ini dikirim otomatis oleh { $brand }. Balasan tidak dibaca.
code-lasts = Kode berlaku selama { $minutes } menit. Jangan berikan kepada siapa pun: { $brand } tidak akan pernah memintanya.

## The code and link that finish a registration

signup-subject = Konfirmasi akun { $brand } Anda
signup-heading = Konfirmasi alamat email Anda
signup-intro = Terima kasih telah mendaftar di { $brand }. Tinggal satu langkah lagi: pastikan bahwa alamat ini milik Anda.
signup-button = Konfirmasi alamat saya
signup-link-intro = Buka tautan ini untuk mengonfirmasi:
signup-link-instead = Jika tombol tidak berfungsi, buka tautan ini:
signup-link-lasts = Tautan berlaku selama { $link_minutes } menit dan hanya dapat dipakai satu kali.
signup-code-instead = Atau ketik kode ini di tempat Anda mendaftar:
signup-code-intro = Ketik kode ini di tempat Anda mendaftar:
signup-not-you = Anda tidak mendaftar? Mungkin seseorang keliru memakai alamat Anda. Abaikan email ini dan tidak ada akun yang dibuat, atau buka tautan di atas dan pilih “Ini bukan saya” untuk langsung membatalkan pendaftaran.
signup-not-you-linkless = Anda tidak mendaftar? Mungkin seseorang keliru memakai alamat Anda. Abaikan email ini dan tidak ada akun yang dibuat.
signup-sms = { $code } adalah kode { $brand } Anda. Berlaku { $minutes } menit. Jangan berikan kepada siapa pun.

## The link by which a customer whom a partner registers confirms the address; the words around the link are those of a registration

customer-subject = Konfirmasi alamat email Anda untuk { $brand }
customer-intro = Anda sedang didaftarkan di { $brand }, dan alamat ini dicantumkan sebagai milik Anda. Untuk mengonfirmasinya, buka halaman di bawah ini dan tekan tombol di sana. Setelah itu, lanjutkan di aplikasi tempat Anda mendaftar.
customer-not-you = Anda tidak mendaftar? Mungkin seseorang keliru memakai alamat Anda. Abaikan email ini dan alamat ini tidak akan dikonfirmasi, atau buka tautan di atas dan pilih “Ini bukan saya” untuk langsung membatalkan pendaftaran.

## A code that somebody asked for who has an account; by mail it speaks of the address, by short message of the number

code-subject = { $use ->
    [reset] Buat kata sandi baru untuk { $brand }
    [contact] Konfirmasi alamat email Anda untuk { $brand }
   *[sign-in] Kode Anda untuk masuk ke { $brand }
}
code-heading = { $use ->
    [reset] Buat kata sandi baru
    [contact] Konfirmasi alamat email Anda
   *[sign-in] Masuk ke akun Anda
}
code-intro = { $use ->
    [reset] Ketik kode ini untuk membuat kata sandi baru bagi akun { $brand } Anda:
    [contact] Ketik kode ini untuk memakai alamat email ini di akun { $brand } Anda:
   *[sign-in] Ketik kode ini untuk masuk ke akun { $brand } Anda:
}
code-not-you = { $use ->
    [reset] Anda tidak meminta kata sandi baru? Mungkin seseorang mengetik alamat Anda. Tanpa kode ini tidak ada yang dapat mengubah kata sandi Anda: jangan berikan kepada siapa pun.
    [contact] Anda tidak memintanya? Abaikan email ini dan tidak ada yang berubah.
   *[sign-in] Anda tidak meminta kode ini? Mungkin seseorang mengetik alamat Anda. Abaikan email ini: tidak ada yang dapat memakai kode ini selama Anda tidak memberikannya.
}
code-sms = { $code } adalah kode untuk { $use ->
    [reset] membuat kata sandi baru { $brand }
    [contact] memakai nomor ini di akun { $brand } Anda
   *[sign-in] masuk ke { $brand }
}. Berlaku { $minutes } menit. Jangan berikan kepada siapa pun.

## A password that was made up for somebody who chose none

password-subject = Kata sandi akun { $brand } Anda
password-heading = Kata sandi Anda
password-intro = Anda tidak memilih kata sandi untuk akun { $brand } Anda, jadi kami membuatkannya. Masuklah dengan kata sandi ini:
password-advice = Anda dapat mengubahnya kapan saja: pilih “Lupa kata sandi” di tempat Anda masuk. Jangan berikan kata sandi ini kepada siapa pun: tidak ada orang dari { $brand } yang akan memintanya.
password-not-you = Bukan Anda yang melakukannya? Mungkin orang lain sedang masuk ke akun Anda: segera buat kata sandi baru dan hubungi layanan pelanggan { $brand }.
password-sms = { $password } adalah kata sandi { $brand } Anda, kami buatkan karena Anda tidak memilihnya. Dapat diubah kapan saja. Jaga kerahasiaannya.

## A contact left the account, because somebody else proved it

contact-lost-subject = { $contact ->
    [phone] Nomor telepon
   *[email] Alamat email
} dihapus dari akun { $brand } Anda
contact-lost-heading = { $contact ->
    [phone] Nomor telepon dihapus
   *[email] Alamat email dihapus
}
contact-lost-body = { $masked } tercatat di akun { $brand } Anda tetapi belum pernah dikonfirmasi. Orang lain telah membuktikan bahwa itu miliknya, sehingga dihapus dari akun Anda.
contact-lost-advice = Akun dan kata sandi Anda tidak berubah. Jika menurut Anda ini keliru, hubungi layanan pelanggan { $brand }.
contact-lost-sms = { $contact ->
    [phone] Nomor telepon
   *[email] Alamat email
} dihapus dari akun { $brand } Anda karena telah dikonfirmasi pemiliknya. Keliru? Hubungi layanan pelanggan.

## A contact of the account was changed; told to the old one

contact-changed-subject = { $contact ->
    [phone] Nomor telepon
   *[email] Alamat email
} akun { $brand } Anda telah diubah
contact-changed-heading = { $contact ->
    [phone] Nomor telepon Anda telah diubah
   *[email] Alamat email Anda telah diubah
}
contact-changed-body = { $contact ->
    [phone] Nomor telepon
   *[email] Alamat email
} akun { $brand } Anda baru saja diubah. Kami memberi tahu Anda di kontak yang lama, agar tidak ada yang mengubahnya tanpa sepengetahuan Anda.
contact-changed-advice = Jika ini memang Anda, tidak perlu melakukan apa pun. Jika bukan, segera ganti kata sandi Anda dan hubungi layanan pelanggan { $brand }.
contact-changed-sms = { $contact ->
    [phone] Nomor telepon
   *[email] Alamat email
} akun { $brand } Anda telah diubah. Bukan Anda? Ganti kata sandi dan hubungi layanan pelanggan.
