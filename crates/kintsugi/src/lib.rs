//! kintsugi
