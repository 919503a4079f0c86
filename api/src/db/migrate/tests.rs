use super::url_of;

#[test]
fn the_service_gets_the_same_database_under_its_own_name() {
    let check = |url, expected: Option<&str>| {
        assert_eq!(url_of(url, "app", "pw").as_deref(), expected, "{url}");
    };
    check(
        "postgres://admin:secret@db:5432/main",
        Some("postgres://app:pw@db:5432/main"),
    );
    check(
        "postgresql://admin@db/main?sslmode=require",
        Some("postgresql://app:pw@db/main?sslmode=require"),
    );
    check("postgres://db", Some("postgres://app:pw@db"));
    check(
        "postgres://admin:p%40ss@db?host=/run",
        Some("postgres://app:pw@db?host=/run"),
    );
    check("host=db user=admin", None);
}
