drop function tamaru_reference(text);
drop function tamaru_distribute(text);
