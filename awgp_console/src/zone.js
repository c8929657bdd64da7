// The only script: it tells the server in which time zone the reader is. Without it, times are the tenant's.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const cookie = `awgp_zone=${encodeURIComponent(zone)}`;
if (zone && !document.cookie.split('; ').includes(cookie)) {
  document.cookie = `${cookie}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`;
  // Once: a browser that keeps no cookies would come here for ever.
  if (document.cookie.split('; ').includes(cookie)) location.reload();
}
