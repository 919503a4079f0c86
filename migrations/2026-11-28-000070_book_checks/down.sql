drop table book_checks;
