do $purge$
declare
    target regclass;
    held_back integer;
    passes integer := 0;
begin
    loop
        held_back := 0;
        passes := passes + 1;
        for target in
            select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                and a.attname = 'tenant_id' and not a.attisdropped
            order by c.oid desc
        loop
            begin
                execute format('delete from %s where tenant_id in (select id from public.tenants where status = %L)',
                    target, 'deleted');
            exception when foreign_key_violation then
                held_back := held_back + 1;
            end;
        end loop;
        exit when held_back = 0;
        if passes > 50 then
            raise exception 'rows of deleted tenants hold each other';
        end if;
    end loop;
    update public.tenants set name = '' where status = 'deleted';
end
$purge$
