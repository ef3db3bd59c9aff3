# Halaman di balik tautan dalam pesan.

confirm-title = Konfirmasi pendaftaran Anda
confirm-heading = Buat akun { $brand } Anda?
confirm-intro = Seseorang mendaftar dengan data ini. Periksa dahulu sebelum mengonfirmasi.
confirm-username = Nama pengguna
confirm-email = Alamat email
confirm-name = Nama
confirm-button = Ya, buat akun saya
confirm-time = Tautan ini masih berlaku { $minutes } menit lagi.
reject-heading = Anda tidak mendaftar?
reject-text = Mungkin seseorang salah mengetik alamatnya. Beri tahu kami, dan tidak ada akun yang dibuat.
reject-button = Ini bukan saya

created-title = Akun Anda sudah siap
created-heading = Selamat datang, { $name }!
created-text = Alamat email Anda telah dikonfirmasi dan akun { $brand } Anda sudah siap.
created-next = Anda dapat menutup halaman ini dan masuk sebagai { $username }.

disowned-title = Pendaftaran dihapus
disowned-heading = Terima kasih atas pemberitahuan Anda
disowned-text = Pendaftaran telah dihapus. Tidak ada akun yang dibuat dengan alamat Anda.
disowned-next = Tidak ada lagi yang perlu dilakukan. Anda dapat menutup halaman ini.

taken-title = Akun tidak dibuat
taken-username-heading = Ada yang lebih cepat
taken-username-text = Nama pengguna { $username } sudah dipakai orang lain selagi pendaftaran ini menunggu.
taken-username-next = Silakan mendaftar lagi dengan nama pengguna lain.
taken-email-heading = Alamat ini sudah punya akun
taken-email-text = { $email } telah dikonfirmasi untuk akun lain selagi pendaftaran ini menunggu.
taken-email-next = Masuklah ke akun itu, atau daftar lagi dengan alamat lain.
taken-phone-heading = Nomor telepon ini sudah punya akun
taken-phone-text = Nomor telepon pada pendaftaran ini sudah dipakai akun lain selagi menunggu.
taken-phone-next = Masuklah ke akun itu, atau daftar lagi dengan nomor lain.

expired-title = Tautan ini sudah kedaluwarsa
expired-heading = Tautan ini sudah kedaluwarsa
expired-text = Tautan hanya berlaku sebentar, agar tidak ada yang dapat menyalahgunakan pesan lama. Tidak ada akun yang dibuat.
expired-next = Silakan mendaftar lagi: Anda akan menerima tautan baru.

complete-title = Tautan ini sudah dipakai
complete-heading = Tautan ini sudah dipakai
complete-text = Pendaftaran telah selesai dan akunnya sudah siap.
complete-next = Anda dapat masuk dengan nama pengguna dan kata sandi yang Anda pilih.

refused-title = Tautan ini tidak berlaku
refused-heading = Tautan ini tidak berlaku
refused-text = Mungkin tautannya tidak lengkap, sudah digantikan yang lebih baru, atau pendaftarannya dibatalkan.
refused-next = Buka tautan dalam pesan terbaru yang Anda terima, atau daftar lagi.

busy-title = Mohon tunggu sebentar
busy-heading = Mohon tunggu sebentar
busy-text = Saat ini sedang terlalu ramai. Tidak ada yang hilang.
busy-next = Tunggu beberapa detik, lalu buka lagi tautan dalam pesan Anda.

broken-title = Terjadi kesalahan
broken-heading = Terjadi kesalahan
broken-text = Kesalahannya pada kami, bukan pada Anda. Tidak ada yang hilang.
broken-next = Silakan coba lagi nanti.

unreadable-title = Permintaan tidak berhasil
unreadable-heading = Permintaan tidak berhasil
unreadable-text = Peramban Anda mengirim sesuatu yang tidak dapat kami baca.
unreadable-next = Kembalilah ke pesan dan buka lagi tautannya.

authorise-title = Konfirmasi alamat email Anda
authorise-heading = Apakah ini alamat email Anda?
authorise-intro = Seseorang sedang mendaftar dengan data ini. Periksa dahulu sebelum mengonfirmasi.
authorise-phone = Nomor telepon
authorise-button = Ya, ini alamat saya

authorised-title = Alamat Anda telah dikonfirmasi
authorised-heading = Terima kasih!
authorised-text = Alamat email Anda telah dikonfirmasi.
authorised-next = Lanjutkan di aplikasi tempat Anda mendaftar. Anda dapat menutup halaman ini.

authorised-before-title = Alamat Anda sudah dikonfirmasi
authorised-before-heading = Alamat Anda sudah dikonfirmasi
authorised-before-text = Tombol pada tautan ini, atau pada tautan sebelumnya, sudah ditekan. Tidak ada lagi yang perlu dilakukan di sini.
authorised-before-next = Lanjutkan di aplikasi tempat Anda mendaftar.

customer-complete-title = Tautan ini tidak diperlukan lagi
customer-complete-heading = Tautan ini tidak diperlukan lagi
customer-complete-text = Pendaftaran telah selesai dan akunnya sudah siap.
customer-complete-next = Lanjutkan di aplikasi tempat Anda mendaftar.
