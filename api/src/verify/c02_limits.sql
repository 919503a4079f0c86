-- What limits count was granted: a code counts from the version on that limits it, so it may have
-- granted more, never less. A campaign counts what its members count, since a version later or earlier.
with earned as (
    select p.tenant_id, p.member_id, e ->> 'rule' as rule, e ->> 'wallet' as wallet, (e ->> 'points')::bigint as points
    from (select tenant_id, member_id, outcome from purchases
        union all select tenant_id, member_id, outcome from operations where kind = 'claim') p,
        json_array_elements(p.outcome::json -> 'earned') e where p.member_id is not null
), granted as (
    select tenant_id, member_id, code, sum(points) as points, count(*) filter (where points > 0) as times
    from (select tenant_id, member_id, rule as code, points from earned
        union all select tenant_id, member_id, wallet, points from earned) each_code
    group by 1, 2, 3
), used as (
    select tenant_id, member_id, code, sum(points) as points, sum(times) as times from rule_uses group by 1, 2, 3
), wrong as (
    select tenant_id, format('member %s: %s counted %s points in %s awards, granted %s in %s',
        member_id, code, u.points, u.times, coalesce(g.points, 0), coalesce(g.times, 0)) as what
    from used u left join granted g using (tenant_id, member_id, code)
    where u.points < 0 or u.times < 0 or u.points > coalesce(g.points, 0) or u.times > coalesce(g.times, 0)
    union all
    select tenant_id, format('campaign %s counted %s points in %s awards, its members %s in %s',
        code, b.points, b.times, coalesce(s.points, 0), coalesce(s.times, 0))
    from budgets b left join (
        select tenant_id, code, sum(points) as points, sum(times) as times from used group by 1, 2
    ) s using (tenant_id, code)
    where b.points < 0 or b.times < 0 or b.points > coalesce(s.points, 0) or b.times > coalesce(s.times, 0)
)
select count(*) over (), tenant_id, what from wrong
